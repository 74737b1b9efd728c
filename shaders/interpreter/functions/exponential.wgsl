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
