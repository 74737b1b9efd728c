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
