// What both matmul kernels are told: the slice of the product that a dispatch computes, and the passes of the plan.

struct Slice {
  m: u32,
  n: u32,
  /// Vectors of A and of B as they are bound, words of the result (and of C) from one row to the next.
  a_stride: u32,
  b_stride: u32,
  out_stride: u32,
  /// Workgroups are numbered down columns of tiles, so that neighbours in time read the same part of B, the larger operand
  /// where weights are. This dispatch starts at number `first_workgroup`.
  first_workgroup: u32,
  workgroups_down: u32,
  pass_begin: u32,
  pass_end: u32,
  /// 1: take up the sums that an earlier slice left in scratch.
  resume: u32,
  /// 1: this slice ends the product: round and store. 0: leave the sums in scratch.
  finish: u32,
  /// Always 0, which the compiler cannot know (see `rounded`).
  zero: u32,
  /// For the draws of stochastic rounding (output_draw.wgsl): the words of the first product's seed, where this block of the output begins in the
  /// whole of it, and how many columns the whole has.
  seed_low: u32,
  seed_high: u32,
  first_row: u32,
  first_column: u32,
  columns: u32,
  /// Of the epilogue: its factors as float32 bits, and words of the residual from one row to the next.
  scale: u32,
  out_scale: u32,
  residual_stride: u32,
  /// Workgroups of this dispatch along the output, where each pass has its own (SPLIT in matmul.wgsl).
  split_workgroups: u32,
  /// Of a batch: workgroups of each of its products, and vectors of A and of B, words of the result, from one product to the next.
  matrix_workgroups: u32,
  a_matrix: u32,
  b_matrix: u32,
  out_matrix: u32,
  /// Where the operands and the result begin in their buffers, in the same units, and words from one row of C to the next.
  a_offset: u32,
  b_offset: u32,
  out_offset: u32,
  c_stride: u32,
}

struct Pass {
  k0: u32,
  rows: u32,
  interleave: u32,
  group: u32,
}

@group(0) @binding(0) var<uniform> slice: Slice;
@group(0) @binding(1) var<storage, read> passes: array<Pass>;

/// A barrier against fusing and reassociation: no compiler can see through an exclusive or with an unknown word.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ slice.zero);
}

// The plain matmul: one output per invocation, in the plan's order, every code decoded by the general conversions and every
// product and sum kept apart by a barrier against fusing. Slow, and nothing like the fused kernel inside: what checks it
// where a product is too large for the CPU. Operands lie as for shaders/matmul.wgsl; the rest is in shaders/slice.wgsl.

@group(0) @binding(2) var<storage, read> a: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read> c: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  let number = slice.first_workgroup + workgroup.y * workgroups.x + workgroup.x;
  let matrix = number / slice.matrix_workgroups;
  let tile = number % slice.matrix_workgroups;
  let row = tile % slice.workgroups_down;
  let column = (tile / slice.workgroups_down) * 64u + lane.x;
  if (row >= slice.m || column >= slice.n) {
    return;
  }

  var total = 0.0;
  var group_sum = 0.0;
  for (var index = 0u; index < slice.pass_end; index++) {
    let pass_ = passes[index];
    if (index > 0u && pass_.group != passes[index - 1u].group) {
      total = rounded(total + group_sum);
      group_sum = 0.0;
    }
    var sum = 0.0;
    for (var p = 0u; p < pass_.rows; p++) {
      for (var j = 0u; j < pass_.interleave; j++) {
        let k = pass_.k0 + j * pass_.rows + p;
        let a_code = (a[slice.a_offset + matrix * slice.a_matrix + k * slice.a_stride + row / 2u] >> ((row % 2u) * 16u)) & 65535u;
        let b_code = (b[slice.b_offset + matrix * slice.b_matrix + k * slice.b_stride + column / 4u] >> ((column % 4u) * 8u)) & 255u;
        sum = rounded(sum + rounded(bitcast<f32>(decode_a_code(a_code)) * bitcast<f32>(decode_b_code(b_code))));
      }
    }
    group_sum = rounded(group_sum + sum);
  }
  var value = rounded(total + group_sum);

  let at = slice.out_offset + matrix * slice.out_matrix + row * slice.out_stride + column / 2u;
  let stacked_row = matrix * slice.m + row;
  let shift = (column % 2u) * 16u;
  value += bitcast<f32>(decode_c((c[stacked_row * slice.c_stride + column / 2u] >> shift) & 65535u));
  let code = encode_out(bitcast<u32>(value));
  atomicAnd(&result[at], ~(65535u << shift));
  atomicOr(&result[at], code << shift);
}

// Codes of every number format to float32 bits and back, in u32 arithmetic only: adapters may flush float32 subnormals,
// round packing built-ins otherwise than to nearest even, and optimise tests for NaN away (docs/numerics.md).
// The twin of src/numerics/decode.ts and encode.ts; src/execute/webgpu/conversions.ts adds a function for each format
// that calls these with the format's constants, which the compiler then folds. Codes are less than 2^bits. Names begin
// with decode_, encode_, ROUND_, FLOAT32_ or Float, so that the text can stand beside a kernel's.

const FLOAT32_INFINITY = 0x7f800000u;
const FLOAT32_NAN = 0x7fc00000u;

const ROUND_NEAREST_EVEN = 0u;
const ROUND_TOWARD_ZERO = 1u;
const ROUND_STOCHASTIC = 2u;

/// A float format with its codes shifted right by `padding`, without their sign.
struct FloatFormat {
  exponent_bits: u32,
  mantissa_bits: u32,
  bias: u32,
  padding: u32,
  max_finite: u32,
  /// The largest code that is not NaN: infinity, or the largest finite value where there is none.
  largest: u32,
  nan: u32,
}

/// What an encoding does beyond the finite values.
struct FloatOverflow {
  infinite: u32,
  finite: u32,
}

/// value / 2^shift, rounded; value < 2^31, and < 2^24 where shift > 23. Only stochastic rounding reads the draw: it
/// rounds up exactly when draw < discarded fraction * 2^32, a fraction narrower than 2^-32 compared by its ceiling.
fn encode_round_shift(value: u32, shift: u32, rounding: u32, draw: u32) -> u32 {
  if (shift == 0u) {
    return value;
  }
  let down = min(shift, 31u);
  let kept = value >> down;
  if (rounding == ROUND_NEAREST_EVEN) {
    return (value + (1u << (down - 1u)) - 1u + (kept & 1u)) >> down;
  }
  if (rounding == ROUND_STOCHASTIC) {
    var threshold = value << ((32u - shift) & 31u);
    if (shift > 32u) {
      let narrow = min(shift - 32u, 31u);
      threshold = (value + (1u << narrow) - 1u) >> narrow;
    }
    return kept + select(0u, 1u, draw < threshold);
  }
  return kept;
}

/// x with its leading one moved to bit 23, and how far it moved; 0 < x < 2^24.
fn decode_leading_one(x: u32) -> vec2<u32> {
  let up = countLeadingZeros(x) - 8u;
  return vec2<u32>(x << up, up);
}

/// float32 bits of a code of a float format whose exponent is narrower than float32's.
fn decode_narrow(code: u32, format: FloatFormat) -> u32 {
  let sign_bit = format.exponent_bits + format.mantissa_bits;
  let sign = ((code >> sign_bit) & 1u) << 31u;
  let magnitude = code & ((1u << sign_bit) - 1u);
  let rebase = 127u - format.bias;
  if (magnitude > format.largest) {
    return FLOAT32_NAN;
  }
  if (magnitude > format.max_finite) {
    return sign | FLOAT32_INFINITY;
  }
  if ((magnitude >> format.mantissa_bits) > 0u) {
    return sign | ((magnitude << (23u - format.mantissa_bits)) + (rebase << 23u));
  }
  if (magnitude == 0u) {
    return sign;
  }
  let subnormal = decode_leading_one(magnitude);
  return sign | (subnormal.x + ((rebase + 23u - format.mantissa_bits - subnormal.y) << 23u));
}

/// float32 bits of a float8_e8m0fnu code: 2^(code - 127), which is a float32 subnormal for code 0.
fn decode_scale(code: u32) -> u32 {
  return select(select(code << 23u, 0x00400000u, code == 0u), FLOAT32_NAN, code == 0xffu);
}

/// float32 bits of an integer's magnitude, rounded to nearest even from 2^24 on.
fn decode_magnitude(magnitude: u32) -> u32 {
  if (magnitude == 0u) {
    return 0u;
  }
  if (magnitude < 0x01000000u) {
    let leading = decode_leading_one(magnitude);
    return leading.x + ((149u - leading.y) << 23u);
  }
  // Seven bits of headroom for the rounding's carry: u32 beyond 2^31 would overflow encode_round_shift.
  let down = 8u - countLeadingZeros(magnitude);
  let kept = magnitude >> down;
  let rest = magnitude - (kept << down);
  let half = 1u << (down - 1u);
  let up = rest > half || (rest == half && (kept & 1u) == 1u);
  return kept + select(0u, 1u, up) + ((149u + down) << 23u);
}

fn decode_unsigned(code: u32) -> u32 {
  return decode_magnitude(code);
}

fn decode_signed(code: u32, bits: u32) -> u32 {
  let sign = (code >> (bits - 1u)) & 1u;
  let extended = code << (32u - bits);
  let magnitude = select(extended, 0u - extended, sign == 1u) >> (32u - bits);
  return (sign << 31u) | decode_magnitude(magnitude);
}

/// The significand of finite float32 bits as an integer, and the exponent it counts with: significand * 2^(exponent - 150).
fn encode_significand(magnitude: u32) -> vec2<u32> {
  let exponent = max(magnitude >> 23u, 1u);
  return vec2<u32>(magnitude - ((exponent - 1u) << 23u), exponent);
}

/// The code of float32 bits in a float format with a sign.
fn encode_float(bits: u32, format: FloatFormat, overflow: FloatOverflow, rounding: u32, draw: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > FLOAT32_INFINITY) {
    return format.nan << format.padding;
  }
  let shift = 23u - format.mantissa_bits;
  let min_normal = 128u - format.bias;
  var code = overflow.infinite;
  if (magnitude < FLOAT32_INFINITY) {
    if (magnitude >= (min_normal << 23u)) {
      code = encode_round_shift(magnitude - ((min_normal - 1u) << 23u), shift, rounding, draw);
    } else {
      let parts = encode_significand(magnitude);
      code = encode_round_shift(parts.x, shift + min_normal - parts.y, rounding, draw);
    }
    code = select(code, overflow.finite, code > format.max_finite);
  }
  let sign = (bits >> 31u) << (format.exponent_bits + format.mantissa_bits);
  return select(code | sign, code, code > format.largest) << format.padding;
}

/// The float8_e8m0fnu code of float32 bits: NaN for a negative value, code 0 for all below 2^-127.
fn encode_scale(bits: u32, overflow: FloatOverflow, rounding: u32, draw: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > FLOAT32_INFINITY || bits > 0x80000000u) {
    return 0xffu;
  }
  if (magnitude == FLOAT32_INFINITY) {
    return overflow.infinite;
  }
  var code = 0u;
  if (magnitude >= 0x00800000u) {
    code = encode_round_shift(magnitude, 23u, rounding, draw);
  } else {
    code = encode_round_shift(max(magnitude, 0x00400000u) - 0x00400000u, 22u, rounding, draw);
  }
  return select(code, overflow.finite, code == 0xffu);
}

/// The code of float32 bits in an integer format: magnitudes beyond the limits are clamped, NaN is 0.
fn encode_integer(bits: u32, mask: u32, max_positive: u32, max_negative: u32, rounding: u32, draw: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > FLOAT32_INFINITY) {
    return 0u;
  }
  let negative = bits != magnitude;
  let limit = select(max_positive, max_negative, negative);
  let parts = encode_significand(magnitude);
  var integer = limit; // 2^32 and beyond
  if (parts.y < 150u) {
    integer = encode_round_shift(parts.x, 150u - parts.y, rounding, draw);
  } else if (parts.y < 159u) {
    integer = parts.x << (parts.y - 150u);
  }
  integer = min(integer, limit);
  return select(integer, 0u - integer, negative) & mask;
}

fn decode_a_code(code: u32) -> u32 {
  return code << 16u;
}

fn decode_b_code(code: u32) -> u32 {
  return decode_narrow(code, FloatFormat(4u, 3u, 7u, 0u, 0x77u, 0x78u, 0x7fu));
}

fn decode_c(code: u32) -> u32 {
  return code << 16u;
}

fn encode_out(bits: u32) -> u32 {
  return select((bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u, 0x7fc0u, (bits & 0x7fffffffu) > FLOAT32_INFINITY);
}
