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
