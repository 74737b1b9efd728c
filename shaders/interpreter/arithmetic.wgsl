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

//: if integer
/// significand 2^exponent, of a finite magnitude.
struct Float32Parts {
  significand: u32,
  exponent: i32,
}

fn f_parts(magnitude: u32) -> Float32Parts {
  let field = max(magnitude >> 23u, 1u);
  return Float32Parts(magnitude - ((field - 1u) << 23u), i32(field) - 150);
}

/// The same with the leading one of a subnormal moved to bit 23 as well.
fn f_normal_parts(magnitude: u32) -> Float32Parts {
  let parts = f_parts(magnitude);
  let up = countLeadingZeros(parts.significand) - 8u;
  return Float32Parts(parts.significand << (up & 31u), parts.exponent - i32(up));
}

/// significand / 2^down with its lowest bit set where something was lost: all that one rounding afterwards needs to know.
fn f_shift_sticky(significand: u32, down: u32) -> u32 {
  let kept = significand >> min(down, 31u);
  return kept | select(0u, 1u, (kept << min(down, 31u)) != significand);
}

/// significand 2^exponent with a sign, rounded once. If the lowest bit is sticky, the leading one is bit 25 or above.
fn f_round(sign: u32, significand: u32, exponent: i32) -> u32 {
  let up = countLeadingZeros(significand);
  let leading = f_shift_sticky(significand << (up & 31u), 1u); // at bit 30: the rounding may carry
  let field = clamp(exponent + 158 - i32(up), -32, 255);
  let down = u32(7 + max(1 - field, 0));
  let shift = min(down, 31u);
  let kept = (leading + (1u << (shift - 1u)) - 1u + ((leading >> shift) & 1u)) >> shift;
  let magnitude = min(kept + (u32(max(field, 1) - 1) << 23u), FLOAT32_INFINITY);
  return sign | select(magnitude, 0u, (down > 31u) | (significand == 0u));
}

fn f_add(a: u32, b: u32) -> u32 {
  let swapped = f_magnitude(b) > f_magnitude(a);
  let large = select(a, b, swapped);
  let small = select(b, a, swapped);
  let x = f_parts(f_magnitude(large));
  let y = f_parts(f_magnitude(small));
  let opposed = ((a ^ b) & FLOAT32_SIGN) != 0u;
  // Six bits below the last place: of those that a rounding looks at, the difference moves up one at most.
  let term = f_shift_sticky(y.significand << 6u, u32(x.exponent - y.exponent));
  let sum = (x.significand << 6u) + select(term, 0u - term, opposed);
  let sign = select(large, a & b, sum == 0u) & FLOAT32_SIGN; // x - x is +0
  let infinite = select(large, FLOAT32_NAN, opposed & (f_magnitude(small) == FLOAT32_INFINITY));
  return select(infinite, f_round(sign, sum, x.exponent - 6), f_is_finite(large));
}

fn f_multiply(a: u32, b: u32) -> u32 {
  let sign = (a ^ b) & FLOAT32_SIGN;
  let large = max(f_magnitude(a), f_magnitude(b));
  let small = min(f_magnitude(a), f_magnitude(b));
  let x = f_normal_parts(large);
  let y = f_normal_parts(small);
  // 24 by 24 bits from halves of 12, and of the 48 bits the upper 32, the lowest one sticky.
  let xl = x.significand & 0xfffu;
  let xh = x.significand >> 12u;
  let yl = y.significand & 0xfffu;
  let yh = y.significand >> 12u;
  let low = xl * yl;
  let middle = xh * yl + xl * yh + (low >> 12u);
  let high = ((xh * yh) << 8u) + (middle >> 4u);
  let product = high | select(0u, 1u, ((middle & 0xfu) != 0u) | ((low & 0xfffu) != 0u));
  let infinite = select(sign | FLOAT32_INFINITY, FLOAT32_NAN, (large > FLOAT32_INFINITY) | (small == 0u));
  return select(infinite, f_round(sign, product, x.exponent + y.exponent + 16), large < FLOAT32_INFINITY);
}
//: end
//: if guarded
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
//: end
//: if native
fn f_add(a: u32, b: u32) -> u32 {
  return bitcast<u32>(n_add(bitcast<f32>(a), bitcast<f32>(b)));
}

fn f_multiply(a: u32, b: u32) -> u32 {
  return bitcast<u32>(n_multiply(bitcast<f32>(a), bitcast<f32>(b)));
}
//: end

fn f_subtract(a: u32, b: u32) -> u32 {
  return f_add(a, b ^ FLOAT32_SIGN);
}
