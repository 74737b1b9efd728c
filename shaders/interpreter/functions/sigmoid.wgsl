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
