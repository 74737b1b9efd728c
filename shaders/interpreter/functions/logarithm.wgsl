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
