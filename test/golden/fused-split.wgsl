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

// The sums of one pass, each row straight from the operands' buffers to registers. Nothing is shared between invocations, so no barrier
// is needed; with BROADCAST the lanes of a subgroup share the words of A out among them, and decode each once for all. A workgroup
// is then one row of lanes, so that all want the same A.



// The fused matmul: the passes of a plan, in the plan's order, straight from packed operands. Each invocation owns
// TILE_M x TILE_N outputs and takes outer products over K. How it comes by the rows of a pass says the block `pass_sums`, of
// which there are two: pass_registers.wgsl and pass_workgroup.wgsl. One of them is put before this text.
//
// Layouts. A is K-major: row k holds A[0 .. M-1, k]. Row k of B holds B[k, 0 .. N-1]. Rows are padded to 16 bytes.
// STRIPE neighbouring lanes read neighbouring words of B and the same vector of A: software adapters turn both into one load, and
// all that the lanes of a stripe own of a row of B lies side by side, so that a subgroup leaves no cache line half read. With
// What lies beyond the last row or column is computed from padding and never stored.
//
// Order, per output (docs/numerics.md, Tensor engine): a pass starts at +0 and adds its rows one by one; its sum is added
// to the accumulation group, the groups to the total, C last. A slice may stop between two passes and resume. With SPLIT
// each workgroup computes one pass, and `combine` adds the passes in their order: the same additions, by more workgroups.
// With TAIL the code of an output is not stored but handed to `finish`, of which src/execute/webgpu/tail.ts tells.
// Slice, Pass and `rounded` are in shaders/slice.wgsl.

@group(0) @binding(2) var<storage, read> a: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> result: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> scratch: array<f32>;
@group(0) @binding(6) var<storage, read> c: array<u32>;






/// Sums of the pass that the workgroup's number names, for `combine`: each lane's own lie together.
@compute @workgroup_size(64, 1)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  let number = slice.first_workgroup + workgroup.x;
  let pass_ = passes[workgroup.y];
  let matrix = number / slice.matrix_workgroups;
  let tile = number % slice.matrix_workgroups;
  let tile_row = (tile % slice.workgroups_down) * 1u + lane.y;
  let row = tile_row * 1u;
  let vector = (tile / slice.workgroups_down) * 64u + (lane.x / 16u) * 16u + lane.x % 16u;
  if (row >= slice.m || vector * 8u >= slice.n) {
    return;
  }
    var sum_0_0 = 0.0;
    var sum_0_1 = 0.0;
    var sum_0_2 = 0.0;
    var sum_0_3 = 0.0;
    var sum_0_4 = 0.0;
    var sum_0_5 = 0.0;
    var sum_0_6 = 0.0;
    var sum_0_7 = 0.0;
    let a_base = slice.a_offset + matrix * slice.a_matrix + pass_.k0 * slice.a_stride + tile_row * 1u;
    let b_base = slice.b_offset + matrix * slice.b_matrix + pass_.k0 * slice.b_stride + vector;
    var p = 0u;

    // Rows are loaded one after the other, then added output by output, so that a sum stays in its register from row to row.
    // Addresses advance by addition: integer products are dear where the adapter is a CPU.
    var a_row = a_base;
    var b_row = b_base;
    for (; p + 1u <= pass_.rows; p += 1u) {
      let a_at_0 = a_row;
      let b_at_0 = b_row;
      let a_vector_0_0 = a[a_at_0 + 0u];
      let a_word_0_0 = decode_a(a_vector_0_0);
      let a_0_0 = a_word_0_0[0];
      let b_vector_0_0 = b[b_at_0 + 0u];
      let b_word_0_0 = decode_b(b_vector_0_0[0]);
      let b_word_0_1 = decode_b(b_vector_0_0[1]);
      a_row += slice.a_stride;
      b_row += slice.b_stride;
      sum_0_0 = (sum_0_0 + rounded(a_0_0 * b_word_0_0[0]));
      sum_0_1 = (sum_0_1 + rounded(a_0_0 * b_word_0_0[1]));
      sum_0_2 = (sum_0_2 + rounded(a_0_0 * b_word_0_0[2]));
      sum_0_3 = (sum_0_3 + rounded(a_0_0 * b_word_0_0[3]));
      sum_0_4 = (sum_0_4 + rounded(a_0_0 * b_word_0_1[0]));
      sum_0_5 = (sum_0_5 + rounded(a_0_0 * b_word_0_1[1]));
      sum_0_6 = (sum_0_6 + rounded(a_0_0 * b_word_0_1[2]));
      sum_0_7 = (sum_0_7 + rounded(a_0_0 * b_word_0_1[3]));
    }
    for (var t = p * pass_.interleave; t < pass_.rows * pass_.interleave; t++) {
      let k = (t % pass_.interleave) * pass_.rows + t / pass_.interleave;
      let a_at_0 = a_base + k * slice.a_stride;
      let b_at_0 = b_base + k * slice.b_stride;
      let a_vector_0_0 = a[a_at_0 + 0u];
      let a_word_0_0 = decode_a(a_vector_0_0);
      let a_0_0 = a_word_0_0[0];
      let b_vector_0_0 = b[b_at_0 + 0u];
      let b_word_0_0 = decode_b(b_vector_0_0[0]);
      let b_word_0_1 = decode_b(b_vector_0_0[1]);
      sum_0_0 = (sum_0_0 + rounded(a_0_0 * b_word_0_0[0]));
      sum_0_1 = (sum_0_1 + rounded(a_0_0 * b_word_0_0[1]));
      sum_0_2 = (sum_0_2 + rounded(a_0_0 * b_word_0_0[2]));
      sum_0_3 = (sum_0_3 + rounded(a_0_0 * b_word_0_0[3]));
      sum_0_4 = (sum_0_4 + rounded(a_0_0 * b_word_0_1[0]));
      sum_0_5 = (sum_0_5 + rounded(a_0_0 * b_word_0_1[1]));
      sum_0_6 = (sum_0_6 + rounded(a_0_0 * b_word_0_1[2]));
      sum_0_7 = (sum_0_7 + rounded(a_0_0 * b_word_0_1[3]));
    }
  let saved = ((workgroup.y * slice.split_workgroups + workgroup.x) * 64u + lane.y * 64u + lane.x) * 8u;
  scratch[saved + 0u] = rounded(sum_0_0);
  scratch[saved + 1u] = rounded(sum_0_1);
  scratch[saved + 2u] = rounded(sum_0_2);
  scratch[saved + 3u] = rounded(sum_0_3);
  scratch[saved + 4u] = rounded(sum_0_4);
  scratch[saved + 5u] = rounded(sum_0_5);
  scratch[saved + 6u] = rounded(sum_0_6);
  scratch[saved + 7u] = rounded(sum_0_7);
}

@compute @workgroup_size(64, 1)
fn combine(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  let number = slice.first_workgroup + workgroup.x;
  let matrix = number / slice.matrix_workgroups;
  let tile = number % slice.matrix_workgroups;
  let tile_row = (tile % slice.workgroups_down) * 1u + lane.y;
  let row = tile_row * 1u;
  let vector = (tile / slice.workgroups_down) * 64u + (lane.x / 16u) * 16u + lane.x % 16u;
  if (row >= slice.m || vector * 8u >= slice.n) {
    return;
  }
  var total: array<f32, 8>;
  var group_sum: array<f32, 8>;
  for (var index = 0u; index < slice.pass_end; index++) {
    if (index > 0u && passes[index].group != passes[index - 1u].group) {
      for (var i = 0u; i < 8u; i++) {
        total[i] += group_sum[i];
        group_sum[i] = 0.0;
      }
    }
    let saved = ((index * slice.split_workgroups + workgroup.x) * 64u + lane.y * 64u + lane.x) * 8u;
    for (var i = 0u; i < 8u; i++) {
      group_sum[i] += scratch[saved + i];
    }
  }

  for (var i = 0u; i < min(1u, slice.m - row); i++) {
    for (var j = 0u; j < 8u; j++) {
      let column = (vector + (j / 8u) * 16u) * 8u + j % 8u;
      if (column >= slice.n) {
        break;
      }
      var value = total[i * 8u + j];
      value += group_sum[i * 8u + j];
      let at = slice.out_offset + matrix * slice.out_matrix + (row + i) * slice.out_stride + column / 2u;
      let stacked_row = matrix * slice.m + row + i;
      value += bitcast<f32>(decode_c((c[stacked_row * slice.c_stride + column / 2u] >> ((column % 2u) * 16u)) & 65535u));
      let code = encode_out(bitcast<u32>(value));
      // Lanes share words of a narrow result: each replaces its own bits.
      let shift = (column % 2u) * 16u;
      atomicAnd(&result[at], ~(65535u << shift));
      atomicOr(&result[at], code << shift);
    }
  }
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

fn decode_c(code: u32) -> u32 {
  return code << 16u;
}

fn encode_out(bits: u32) -> u32 {
  return select((bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u, 0x7fc0u, (bits & 0x7fffffffu) > FLOAT32_INFINITY);
}

// One word of packed codes to float32, exactly, in few operations: what the fused matmul's inner loop uses. Each adapter's
// results are compared with src/numerics on every code before they are trusted. No path meets a float32 subnormal.

fn decode_a(word: u32) -> array<f32, 2> {
  return array<f32, 2>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u));
}

// One word of packed codes to float32, exactly, in few operations: what the fused matmul's inner loop uses. Each adapter's
// results are compared with src/numerics on every code before they are trusted. No path meets a float32 subnormal.

// Finite codes of a format with a narrower exponent. Moved to float32's place and rebiased, the magnitude x is right from
// the format's smallest normal on; below it the hidden bit is wrong, and 2x - (smallest normal) is right, and smaller.
fn decode_b_code(code: u32) -> f32 {
  let x = bitcast<f32>(((code & 0x7f000000u) >> 4u) + 0x3c000000u);
  let magnitude = min(x, x + x - bitcast<f32>(0x3c800000u));
  return bitcast<f32>(bitcast<u32>(magnitude) | (code & 0x80000000u));
}
fn decode_b(word: u32) -> array<f32, 4> {
  return array<f32, 4>(decode_b_code(word << 24u), decode_b_code(word << 16u), decode_b_code(word << 8u), decode_b_code(word));
}
