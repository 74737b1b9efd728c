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

/// Where one side is 2^-100 or more the adapter is right: a subnormal other side cannot change it, and a difference is 0 or a
/// multiple of 2^-124. Elsewhere it adds numbers 2^64 times as large, and of a sum that is subnormal nothing is lost.
fn f_add(a: u32, b: u32) -> u32 {
  let sum = bitcast<u32>(n_add(bitcast<f32>(a), bitcast<f32>(b)));
  let raised = bitcast<u32>(n_add(bitcast<f32>(f_raise(a)), bitcast<f32>(f_raise(b))));
  let size = f_magnitude(raised);
  let fraction = bitcast<u32>(n_add(bitcast<f32>(size), bitcast<f32>(FLOAT32_RAISED))) - FLOAT32_RAISED;
  let lowered = select(size - FLOAT32_64_BINADES, fraction, size < FLOAT32_RAISED);
  let large = max(f_magnitude(a), f_magnitude(b)) >= 0x0d800000u;
  return select((raised & FLOAT32_SIGN) | lowered, sum, large);
}

/// Of normal numbers a product that is normal is right, and so are those of zeros, infinities and NaN with one another.
/// Elsewhere the mantissas are multiplied, and what their rounded product lacks is known from its low 32 bits.
fn f_multiply(a: u32, b: u32) -> u32 {
  let product = bitcast<u32>(n_multiply(bitcast<f32>(a), bitcast<f32>(b)));
  let small = min(f_magnitude(a), f_magnitude(b));
  let large = max(f_magnitude(a), f_magnitude(b));
  let x = f_split(small);
  let y = f_split(large);
  let mantissa = bitcast<u32>(n_multiply(bitcast<f32>(x.mantissa), bitcast<f32>(y.mantissa)));
  let significand = (mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL;
  let exact = ((x.mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL) * ((y.mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL);
  let wide = mantissa >= FLOAT32_ONE + FLOAT32_MIN_NORMAL; // 2 or more
  let rest = bitcast<i32>(exact - select(significand << 23u, significand << 24u, wide));
  let placed = f_place(mantissa, rest, x.field + y.field - 127);
  let tiny = (small < FLOAT32_MIN_NORMAL) | (f_magnitude(product) < FLOAT32_MIN_NORMAL);
  let guarded = ((a ^ b) & FLOAT32_SIGN) | select(placed, large, large >= FLOAT32_INFINITY);
  return select(product, guarded, tiny & (small != 0u));
}

fn f_subtract(a: u32, b: u32) -> u32 {
  return f_add(a, b ^ FLOAT32_SIGN);
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

fn activation_rsqrt(x: u32) -> u32 {
  let size = f_magnitude(x);
  var result = activation_beyond(size, 1.5845632502852868e+29f, 6.310887241768095e-30f, vec4<f32>(2.5121478909004595e-15f, -1.2560739454502297e-15f, 9.420554326178927e-16f, -7.850462291412832e-16f));
  // All is 2^64 times as large: below the square root's range a subnormal counts, and so does one that is left of a difference.
  let below = activation_beyond(f_raise(size), 1.1920928955078125e-7f, 8388608f, vec4<f32>(12439553835008f, -6219776917504f, 4664832557056f, -3887360638975.999f));
  result = select(result, below, size < 0x14000000u);
  result = with_sign(result, x);
  result = select(result, finite_rsqrt(x), (size >= 0x14000000u) & (size <= 0x70000000u));
  result = select(result, FLOAT32_NAN, is_negative(x));
  result = select(result, select(0x7f800000u, 0xff800000u, is_negative(x)), size == 0u);
  return select(activation_limit(x, 0x7fc00000u, 0x00000000u), result, f_is_finite(x));
}
