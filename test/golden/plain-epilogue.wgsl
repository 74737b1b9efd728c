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

  let at = slice.out_offset + matrix * slice.out_matrix + row * slice.out_stride + column / 4u;
  let stacked_row = matrix * slice.m + row;
  let shift = (column % 4u) * 8u;
  value = bitcast<f32>(epilogue(bitcast<u32>(value), stacked_row, column));
  let code = encode_out(bitcast<u32>(value));
  atomicAnd(&result[at], ~(255u << shift));
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

fn decode_bias(code: u32) -> u32 {
  return code << 16u;
}

fn decode_residual(code: u32) -> u32 {
  return decode_narrow(code, FloatFormat(5u, 10u, 15u, 0u, 0x7bffu, 0x7c00u, 0x7e00u));
}

fn encode_out(bits: u32) -> u32 {
  return encode_float(bits, FloatFormat(4u, 3u, 7u, 0u, 0x77u, 0x78u, 0x7fu), FloatOverflow(0x77u, 0x77u), ROUND_NEAREST_EVEN, 0u);
}

@group(0) @binding(7) var<storage, read> bias: array<u32>;
@group(0) @binding(8) var<storage, read> residual: array<u32>;
fn zero_word() -> u32 {
  return slice.zero;
}

// float32 addition, subtraction and multiplication of the interpreter, on u32 that hold float32 bits: correctly rounded to
// nearest even, subnormals kept. The twin of Math.fround(x + y) and its like in src/isa. A NaN that comes out has any sign and
// payload, as one that goes in: every write makes it canonical (shaders/convert.wgsl, which stands beside this text), and all that
// is asked of it here is that it is one.
//
// WGSL promises none of this of its own operations, so what an adapter gets is chosen by what was measured of it
// (src/execute/webgpu/interpreter/functions.ts): its own operations; its own ones, `guarded` where a subnormal takes part, as it
// takes subnormals for zero; or `integer` ones. The functions use the adapter's own in any case, on numbers of which only the
// rounding to nearest even matters. `zero_word()`, which the kernel declares, is 0 in a way that no compiler knows: through an
// exclusive or with it nothing is fused, reordered or folded. There are no branches and, but in the integer variant, no shifts by
// an amount that varies: software adapters go through both sides of the first, and through every lane of the second. `&&` and `||`
// are branches as well, which within a loop take a software adapter's compiler seconds: truths are joined by & and |.
// Names begin with FLOAT32_, Float32, f_ (of bits) or n_ (of f32).

const FLOAT32_SIGN = 0x80000000u;
const FLOAT32_MAGNITUDE = 0x7fffffffu;
const FLOAT32_FRACTION = 0x007fffffu;
const FLOAT32_MIN_NORMAL = 0x00800000u;
const FLOAT32_ONE = 0x3f800000u;
const FLOAT32_64_BINADES = 0x20000000u; // 64 in the field of the exponent
const FLOAT32_RAISED = 0x20800000u; // 2^-126 times 2^64

fn f_magnitude(x: u32) -> u32 {
  return x & FLOAT32_MAGNITUDE;
}

fn f_is_nan(x: u32) -> bool {
  return f_magnitude(x) > FLOAT32_INFINITY;
}

fn f_is_finite(x: u32) -> bool {
  return f_magnitude(x) < FLOAT32_INFINITY;
}

fn n_add(x: f32, y: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x + y) ^ zero_word());
}

fn n_multiply(x: f32, y: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x * y) ^ zero_word());
}

fn n_subtract(x: f32, y: f32) -> f32 {
  return n_add(x, -y);
}

/// The number 2^64 times one of less than 2^-1: normal. A fraction without a leading one gets it, and loses it as a number.
fn f_raise(x: u32) -> u32 {
  let magnitude = f_magnitude(x);
  let fraction = n_subtract(bitcast<f32>(magnitude + FLOAT32_RAISED), bitcast<f32>(FLOAT32_RAISED));
  let raised = select(magnitude + FLOAT32_64_BINADES, bitcast<u32>(fraction), magnitude < FLOAT32_MIN_NORMAL);
  return (x & FLOAT32_SIGN) | raised;
}

/// A magnitude that is finite and not 0: mantissa 2^(field - 127), with mantissa in [1, 2).
struct Float32Split {
  mantissa: u32,
  field: i32,
}

fn f_split(magnitude: u32) -> Float32Split {
  let subnormal = magnitude < FLOAT32_MIN_NORMAL;
  let code = select(magnitude, f_raise(magnitude), subnormal);
  let field = i32(code >> 23u) - select(0, 64, subnormal);
  return Float32Split((code & FLOAT32_FRACTION) | FLOAT32_ONE, field);
}

/// (x + rest) 2^(field - 127), of x in [1, 4), as a magnitude. The rest is of the sign of an integer and at most half a place of x:
/// x is the result where that is normal. Where it is subnormal, x plus a power of two, of which the last place is 2^-149, rounds
/// as it should, and the difference of the codes is the fraction; of the rest only ties need to know.
fn f_place(x: u32, rest: i32, field: i32) -> u32 {
  let normal = min(x + (u32(clamp(field, 0, 400)) << 23u) - FLOAT32_ONE, FLOAT32_INFINITY);
  let power = u32(128 - clamp(field, -30, 1)) << 23u;
  let sum = n_add(bitcast<f32>(x), bitcast<f32>(power));
  let lost = n_subtract(bitcast<f32>(x), n_subtract(sum, bitcast<f32>(power)));
  let half = bitcast<f32>(power - (24u << 23u));
  let up = select(0u, 1u, (lost == half) & (rest > 0));
  let down = select(0u, 1u, (lost == -half) & (rest < 0));
  let subnormal = bitcast<u32>(sum) - power + up - down;
  return select(subnormal, normal, i32(x >> 23u) + field > 127);
}

fn f_add(a: u32, b: u32) -> u32 {
  return bitcast<u32>(n_add(bitcast<f32>(a), bitcast<f32>(b)));
}

fn f_multiply(a: u32, b: u32) -> u32 {
  return bitcast<u32>(n_multiply(bitcast<f32>(a), bitcast<f32>(b)));
}

fn f_subtract(a: u32, b: u32) -> u32 {
  return f_add(a, b ^ FLOAT32_SIGN);
}

// The twin of src/isa/functions/sigmoid.ts: what is made of s(u) = 1 / (1 + exp(-u)), by e = exp(-|u|).
// Needs pair.wgsl, exponential.wgsl, roots.wgsl, logarithm.wgsl and polynomial_tanh. Where TypeScript branches, operands are chosen.

const QUICK = Pair(1.7020000219345093, -2.1934509319976314e-8); // 1.702

/// x, or the limit from which on s(x) is 0 or 1 whatever it is multiplied by.
fn limited(x: u32) -> f32 {
  return clamp(bitcast<f32>(x), -256.0, 256.0);
}

/// exp(-|u|).
fn gate_decay(u: Pair) -> Scaled {
  return exp_of(choose(negative(u), u, u.hi < 0.0));
}

/// s(u).
fn gate(u: Pair) -> Scaled {
  let decay = gate_decay(u);
  let share = inverse(plus(unscaled(decay), 1.0));
  let left = u.hi < 0.0;
  return Scaled(choose(share, product(decay.pair, share), left), select(0, decay.exponent, left));
}

/// x s(u).
fn gated(x: u32, u: Pair) -> u32 {
  let factor = gate(u);
  return rounded_times(x, factor.pair, factor.exponent);
}

/// s(u) (1 + u (1 - s(u))).
fn gated_slope(u: Pair) -> u32 {
  let decay = gate_decay(u);
  let whole = unscaled(decay);
  let share = inverse(plus(whole, 1.0));
  let left = u.hi < 0.0;
  let rest = plus(product(u, choose(product(whole, share), share, left)), 1.0);
  let slope = product(share, rest);
  return round_pair(choose(slope, product(decay.pair, slope), left), select(0, decay.exponent, left));
}

fn finite_sigmoid(x: u32) -> u32 {
  let result = gate(exact(bitcast<f32>(x)));
  return round_pair(result.pair, result.exponent);
}

/// 1 - 2 s(-2 |x|), with the sign of x; below 2^-13 x itself, to the last bit.
fn finite_tanh(x: u32) -> u32 {
  let size = bitcast<f32>(f_magnitude(x));
  let square = n_multiply(size, size);
  let near = n_add(size, n_multiply(n_multiply(size, square), polynomial_tanh(square)));
  let rest = shifted(unscaled(gate(exact(n_multiply(-2.0, min(size, 256.0))))), 1);
  let far = round_pair(plus(negative(rest), 1.0), 0);
  let result = with_sign(select(far, bitcast<u32>(near), size <= 0.5), x);
  return select(result, x, f_magnitude(x) < 0x39000000u);
}

fn finite_silu(x: u32) -> u32 {
  return gated(x, exact(bitcast<f32>(x)));
}

fn finite_silu_slope(x: u32) -> u32 {
  return gated_slope(exact(limited(x)));
}

fn finite_gelu_quick(x: u32) -> u32 {
  return gated(x, times(QUICK, limited(x)));
}

fn finite_gelu_quick_slope(x: u32) -> u32 {
  return gated_slope(times(QUICK, limited(x)));
}

/// x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
fn finite_gelu_tanh(x: u32) -> u32 {
  let bounded = limited(x);
  let linear = Pair(1.5957691669464111, -4.534068054340423e-8); // 2 sqrt(2 / pi)
  let cubic = Pair(0.07135481387376785, 2.3988324659995897e-9); // 0.044715 of that
  let factor = sum(linear, product(cubic, exact_product(bounded, bounded)));
  return gated(x, times(factor, bounded));
}

/// log(1 + exp x) = max(x, 0) + log(1 + exp(-|x|)).
fn finite_softplus(x: u32) -> u32 {
  let value = bitcast<f32>(x);
  let decay = exp_of(exact(-abs(value)));
  let curve = log_one_plus_of(unscaled(decay));
  let right = !is_negative(x) & (f_magnitude(x) != 0u);
  let small = !right & (decay.exponent < -30);
  let result = choose(choose(curve, plus(curve, value), right), decay.pair, small);
  return round_pair(result, select(0, decay.exponent, small));
}

/// x tanh(softplus x), by exp(-|x|).
fn finite_mish(x: u32) -> u32 {
  let decay = exp_of(exact(-abs(bitcast<f32>(x))));
  let whole = unscaled(decay);
  let left = is_negative(x) & (f_magnitude(x) != 0u);
  let next = plus(whole, 2.0);
  let top = plus(shifted(whole, 1), 1.0);
  let bottom = choose(sum(top, shifted(product(whole, whole), 1)), plus(product(whole, next), 2.0), left);
  let share = product(choose(top, next, left), inverse(bottom));
  return rounded_times(x, choose(share, product(decay.pair, share), left), select(0, decay.exponent, left));
}

fn polynomial_tanh(t: f32) -> f32 {
  var sum = 0.00267974310554564f;
  sum = n_add(n_multiply(sum, t), -0.008621821179986f);
  sum = n_add(n_multiply(sum, t), 0.0218390803784132f);
  sum = n_add(n_multiply(sum, t), -0.053966499865055084f);
  sum = n_add(n_multiply(sum, t), 0.13333329558372498f);
  sum = n_add(n_multiply(sum, t), -0.3333333432674408f);
  return sum;
}

// The twin of src/isa/functions/exponential.ts: x = k ln 2 + r, exp x = 2^k exp r. Needs pair.wgsl and polynomial_exp.

/// exp x; beyond 256, as of 256.
fn exp_of(x: Pair) -> Scaled {
  let within = choose(Pair(select(256.0, -256.0, x.hi < 0.0), 0.0), x, abs(x.hi) <= 256.0);
  let exponent = floor_of(n_add(n_multiply(within.hi, 1.4426950216293335), 0.5)); // log2 e
  let r = sum(within, negative(times(Pair(0.6931471824645996, -1.9046542121259336e-9), f32(exponent)))); // ln 2
  let line = quick_sum(1.0, r.hi);
  let bend = n_multiply(n_multiply(r.hi, r.hi), polynomial_exp(r.hi));
  let tail = n_add(n_add(bend, n_add(r.lo, n_multiply(r.lo, r.hi))), line.lo);
  return Scaled(quick_sum(line.hi, tail), exponent);
}

fn finite_exp(x: u32) -> u32 {
  let result = exp_of(exact(bitcast<f32>(x)));
  return round_pair(result.pair, result.exponent);
}

fn polynomial_exp(t: f32) -> f32 {
  var sum = 0.00019891103147529066f;
  sum = n_add(n_multiply(sum, t), 0.0013933751033619046f);
  sum = n_add(n_multiply(sum, t), 0.00833331048488617f);
  sum = n_add(n_multiply(sum, t), 0.041666463017463684f);
  sum = n_add(n_multiply(sum, t), 0.1666666716337204f);
  sum = n_add(n_multiply(sum, t), 0.5f);
  return sum;
}

// The twin of src/isa/functions/float32.ts and pair.ts: sums and products of f32 that round once (n_add and n_multiply of
// ../arithmetic.wgsl), numbers of about 48 bits as pairs of them, and operations on the bits of a number. A function takes
// and gives u32 of float32 bits, as an adapter may flush a subnormal wherever it sees an f32. What it computes in between is
// never a subnormal that would matter.

/// The number hi + lo.
struct Pair {
  hi: f32,
  lo: f32,
}

/// The number pair 2^exponent.
struct Scaled {
  pair: Pair,
  exponent: i32,
}

/// One of the sign of x and a magnitude in [1, 2): x = mantissa 2^exponent.
struct Split {
  mantissa: f32,
  exponent: i32,
}

fn is_negative(x: u32) -> bool {
  return x >= FLOAT32_SIGN;
}

fn with_sign(magnitude: u32, x: u32) -> u32 {
  return magnitude ^ (x & FLOAT32_SIGN);
}

/// Of x finite and not 0.
fn split(x: u32) -> Split {
  let parts = f_split(f_magnitude(x));
  return Split(bitcast<f32>((x & FLOAT32_SIGN) | parts.mantissa), parts.field - 127);
}

/// x 2^exponent, rounded once where it becomes subnormal; of x normal or 0.
fn scale(x: f32, exponent: i32) -> u32 {
  let code = bitcast<u32>(x);
  let mantissa = (code & FLOAT32_FRACTION) | FLOAT32_ONE;
  let magnitude = f_place(mantissa, 0, i32(f_magnitude(code) >> 23u) + exponent);
  return (code & FLOAT32_SIGN) | select(magnitude, 0u, f_magnitude(code) < FLOAT32_MIN_NORMAL);
}

/// x 2^exponent, of an exponent that makes nothing subnormal or infinite; 0 where a last part would be.
fn shift(x: f32, exponent: i32) -> f32 {
  let code = bitcast<u32>(x);
  let tiny = (i32(f_magnitude(code) >> 23u) + min(exponent, 0) < 1) | (f_magnitude(code) < FLOAT32_MIN_NORMAL);
  return bitcast<f32>(select(code + (u32(exponent) << 23u), code & FLOAT32_SIGN, tiny));
}

/// The largest integer that is at most x, |x| < 2^24.
fn floor_of(x: f32) -> i32 {
  let whole = i32(x);
  return whole - select(0, 1, f32(whole) > x);
}

fn exact(x: f32) -> Pair {
  return Pair(x, 0.0);
}

fn choose(otherwise: Pair, pair: Pair, condition: bool) -> Pair {
  return Pair(select(otherwise.hi, pair.hi, condition), select(otherwise.lo, pair.lo, condition));
}

/// x + y exactly, where x is 0 or |x| >= |y|.
fn quick_sum(x: f32, y: f32) -> Pair {
  let hi = n_add(x, y);
  return Pair(hi, n_subtract(y, n_subtract(hi, x)));
}

/// x + y exactly.
fn exact_sum(x: f32, y: f32) -> Pair {
  let hi = n_add(x, y);
  let right = n_subtract(hi, x);
  return Pair(hi, n_add(n_subtract(x, n_subtract(hi, right)), n_subtract(y, right)));
}

/// The upper 12 of 24 bits.
fn upper(x: f32) -> f32 {
  let shifted_up = n_multiply(x, 4097.0);
  return n_subtract(shifted_up, n_subtract(shifted_up, x));
}

/// x y exactly.
fn exact_product(x: f32, y: f32) -> Pair {
  let hi = n_multiply(x, y);
  let xh = upper(x);
  let yh = upper(y);
  let xl = n_subtract(x, xh);
  let yl = n_subtract(y, yh);
  let start = n_subtract(n_multiply(xh, yh), hi);
  let crossed = n_add(n_add(start, n_multiply(xh, yl)), n_multiply(xl, yh));
  return Pair(hi, n_add(crossed, n_multiply(xl, yl)));
}

fn sum(x: Pair, y: Pair) -> Pair {
  let s = exact_sum(x.hi, y.hi);
  return quick_sum(s.hi, n_add(s.lo, n_add(x.lo, y.lo)));
}

fn plus(x: Pair, y: f32) -> Pair {
  let s = exact_sum(x.hi, y);
  return quick_sum(s.hi, n_add(s.lo, x.lo));
}

fn product(x: Pair, y: Pair) -> Pair {
  let p = exact_product(x.hi, y.hi);
  return quick_sum(p.hi, n_add(p.lo, n_add(n_multiply(x.hi, y.lo), n_multiply(x.lo, y.hi))));
}

fn times(x: Pair, y: f32) -> Pair {
  let p = exact_product(x.hi, y);
  return quick_sum(p.hi, n_add(p.lo, n_multiply(x.lo, y)));
}

fn negative(x: Pair) -> Pair {
  return Pair(-x.hi, -x.lo);
}

fn shifted(x: Pair, exponent: i32) -> Pair {
  return Pair(shift(x.hi, exponent), shift(x.lo, exponent));
}

/// The value as a pair; 0 where it is too small to change a sum with 1.
fn unscaled(x: Scaled) -> Pair {
  return choose(shifted(x.pair, max(x.exponent, -60)), Pair(0.0, 0.0), x.exponent < -60);
}

/// The one rounding at the end (a second one where the result is subnormal).
fn round_pair(x: Pair, exponent: i32) -> u32 {
  return scale(n_add(x.hi, x.lo), exponent);
}

/// x (hi + lo) 2^exponent, of any finite x; a zero keeps its sign.
fn rounded_times(x: u32, factor: Pair, exponent: i32) -> u32 {
  let parts = split(x);
  return select(round_pair(times(factor, parts.mantissa), parts.exponent + exponent), x, f_magnitude(x) == 0u);
}

// The twin of src/isa/functions/logarithm.ts: x = 2^k (1 + f), log x = k ln 2 + log(1 + f).
// Needs pair.wgsl, roots.wgsl and polynomial_log.

const LN2 = Pair(0.6931471824645996, -1.9046542121259336e-9);

/// log(1 + f) by s = f / (2 + f).
fn log_one_plus(f: Pair) -> Pair {
  let s = product(f, inverse(plus(f, 2.0)));
  let square = product(s, s);
  let cube = product(square, s);
  let rest = n_multiply(n_multiply(cube.hi, square.hi), polynomial_log(square.hi));
  let curved = plus(product(cube, Pair(0.6666666865348816, -1.9868215517249155e-8)), rest);
  return sum(Pair(n_multiply(2.0, s.hi), n_multiply(2.0, s.lo)), curved);
}

/// Of x finite and above 0.
fn log_of(x: u32) -> Pair {
  let parts = split(x);
  let half = parts.mantissa > 1.4142135381698608;
  let f = n_subtract(select(parts.mantissa, n_multiply(parts.mantissa, 0.5), half), 1.0);
  return sum(times(LN2, f32(parts.exponent + select(0, 1, half))), log_one_plus(exact(f)));
}

/// log(1 + x) for x in [0, 1].
fn log_one_plus_of(x: Pair) -> Pair {
  let near = x.hi <= 0.4142;
  let moved = plus(x, -1.0);
  let half = Pair(n_multiply(moved.hi, 0.5), n_multiply(moved.lo, 0.5));
  let result = log_one_plus(choose(half, x, near));
  return choose(sum(LN2, result), result, near);
}

fn finite_log(x: u32) -> u32 {
  return round_pair(log_of(x), 0);
}

fn polynomial_log(t: f32) -> f32 {
  var sum = 0.1912044882774353f;
  sum = n_add(n_multiply(sum, t), 0.2220476269721985f);
  sum = n_add(n_multiply(sum, t), 0.2857153117656708f);
  sum = n_add(n_multiply(sum, t), 0.4000000059604645f);
  return sum;
}

// The twin of src/isa/functions/roots.ts: a polynomial of the mantissa, and one correction by what is left of it. No division.
// Needs pair.wgsl, polynomial_reciprocal and polynomial_rsqrt.

/// 1 / m for m in [1, 2).
fn invert_mantissa(m: Pair) -> Pair {
  let guess = polynomial_reciprocal(n_subtract(m.hi, 1.5));
  let back = exact_product(m.hi, guess);
  let left = n_subtract(n_subtract(n_subtract(1.0, back.hi), back.lo), n_multiply(m.lo, guess));
  return quick_sum(guess, n_multiply(guess, n_add(left, n_multiply(left, left))));
}

/// 1 / x, for x of 2^-60 to 2^60.
fn inverse(x: Pair) -> Pair {
  let parts = split(bitcast<u32>(x.hi));
  return shifted(invert_mantissa(Pair(parts.mantissa, shift(x.lo, -parts.exponent))), -parts.exponent);
}

/// Of x finite and not 0.
fn finite_reciprocal(x: u32) -> u32 {
  let parts = split(f_magnitude(x));
  return with_sign(round_pair(invert_mantissa(exact(parts.mantissa)), -parts.exponent), x);
}

/// 1 / x, rounded once, of any float32: the twin of Math.fround(1 / x). The rounded reciprocal of a mantissa m in units of 2^-24, q, is
/// one or none off the nearest to 2^47 / m; how far 2^47 is from q m, 32 bits tell, and also which way a tie goes. Only m = 1 ends.
fn alu_reciprocal(x: u32) -> u32 {
  let sign = x & FLOAT32_SIGN;
  let parts = f_split(f_magnitude(x));
  let inverse = invert_mantissa(exact(bitcast<f32>(parts.mantissa)));
  let guess = bitcast<u32>(n_add(inverse.hi, inverse.lo));
  let significand = (guess & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL;
  let q = select(significand, 2u * significand, guess >= FLOAT32_ONE);
  let m = (parts.mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL;
  let left = bitcast<i32>(0u - q * m);
  let step = select(0, 1, 2 * left > i32(m)) - select(0, 1, -2 * left > i32(m));
  let twice = guess + u32(step) + FLOAT32_MIN_NORMAL;
  var result = f_place(twice, left - step * i32(m), 253 - parts.field);
  result = select(result, FLOAT32_INFINITY, f_magnitude(x) == 0u);
  result = select(result, 0u, f_magnitude(x) == FLOAT32_INFINITY);
  return select(sign | result, FLOAT32_NAN, f_is_nan(x));
}

/// x = square 4^-exponent with square in [1, 4), and 1 / sqrt x = inverse 2^exponent.
struct Root {
  inverse: Pair,
  exponent: i32,
  square: f32,
}

/// Of x finite and above 0.
fn inverse_root(x: u32) -> Root {
  let parts = split(x);
  let odd = (parts.exponent & 1) == 1;
  let square = select(parts.mantissa, n_multiply(parts.mantissa, 2.0), odd);
  let first = polynomial_rsqrt(n_subtract(parts.mantissa, 1.5));
  let guess = select(first, n_multiply(first, 0.7071067690849304), odd);
  let power = exact_product(guess, guess);
  let back = exact_product(square, power.hi);
  let left = n_subtract(n_subtract(n_subtract(1.0, back.hi), back.lo), n_multiply(square, power.lo));
  let correction = n_multiply(left, n_add(0.5, n_multiply(left, 0.375)));
  return Root(quick_sum(guess, n_multiply(guess, correction)), -(parts.exponent >> 1u), square);
}

fn finite_rsqrt(x: u32) -> u32 {
  let root = inverse_root(x);
  return round_pair(root.inverse, root.exponent);
}

/// Of any float32; NaN below 0, infinity with the sign of a zero.
fn alu_rsqrt(x: u32) -> u32 {
  var result = select(finite_rsqrt(x), 0u, x == FLOAT32_INFINITY);
  result = select(result, FLOAT32_NAN, is_negative(x) | f_is_nan(x));
  return select(result, with_sign(FLOAT32_INFINITY, x), f_magnitude(x) == 0u);
}

fn finite_sqrt(x: u32) -> u32 {
  let root = inverse_root(x);
  let guess = n_multiply(root.square, root.inverse.hi);
  let back = exact_product(guess, guess);
  let left = n_subtract(n_subtract(root.square, back.hi), back.lo);
  let result = n_add(guess, n_multiply(n_multiply(0.5, root.inverse.hi), left));
  return scale(result, -root.exponent);
}

fn polynomial_reciprocal(t: f32) -> f32 {
  var sum = -0.10448446869850159f;
  sum = n_add(n_multiply(sum, t), 0.15672670304775238f);
  sum = n_add(n_multiply(sum, t), -0.19590836763381958f);
  sum = n_add(n_multiply(sum, t), 0.29386255145072937f);
  sum = n_add(n_multiply(sum, t), -0.44446712732315063f);
  sum = n_add(n_multiply(sum, t), 0.6667006611824036f);
  return sum;
}

fn polynomial_rsqrt(t: f32) -> f32 {
  var sum = -0.030677184462547302f;
  sum = n_add(n_multiply(sum, t), 0.05089898407459259f);
  sum = n_add(n_multiply(sum, t), -0.0751933604478836f);
  sum = n_add(n_multiply(sum, t), 0.13542504608631134f);
  sum = n_add(n_multiply(sum, t), -0.2721712291240692f);
  sum = n_add(n_multiply(sum, t), 0.8165057897567749f);
  return sum;
}

// What every function of the Scalar engine does with infinities, NaN and inputs outside its range: the twin of
// src/isa/functions/activation.ts. One of the two templates beside this file, everywhere.wgsl and within.wgsl, makes the function
// that instructions call, with its limits and range from src/isa/functions. Needs pair.wgsl.

/// Of infinities and NaN. The exclusive or is for Mesa's compiler, which takes a choice of 1.0 and -0.0 for one of 1.0 and +0.0.
fn activation_limit(x: u32, at_minus_infinity: u32, at_infinity: u32) -> u32 {
  let left = at_minus_infinity ^ zero_word();
  return select(select(at_infinity, left, is_negative(x)), FLOAT32_NAN, f_is_nan(x));
}

/// c.x + c.y t + c.z t^2 + c.w t^3 of t = (x - at) unit.
fn activation_beyond(x: u32, at: f32, unit: f32, c: vec4<f32>) -> u32 {
  let t = n_multiply(n_subtract(bitcast<f32>(x), at), unit);
  let line = n_add(n_multiply(c.w, t), c.z);
  return bitcast<u32>(n_add(n_multiply(n_add(n_multiply(line, t), c.y), t), c.x));
}

fn activation_silu(x: u32) -> u32 {
  return select(activation_limit(x, 0x80000000u, 0x7f800000u), finite_silu(x), f_is_finite(x));
}

fn epilogue(sum: u32, row: u32, column: u32) -> u32 {
  var value = sum;
  value = f_multiply(value, slice.scale);
  value = f_add(value, decode_bias((bias[0u + column / 2u] >> ((column % 2u) * 16u)) & 65535u));
  value = activation_silu(value);
  value = f_add(value, decode_residual((residual[row * slice.residual_stride + column / 2u] >> ((column % 2u) * 16u)) & 65535u));
  value = f_multiply(value, slice.out_scale);
  return value;
}