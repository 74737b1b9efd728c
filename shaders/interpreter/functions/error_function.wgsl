// The twin of src/isa/functions/error-function.ts: the error function, and what is made of the normal distribution.
// Needs pair.wgsl, exponential.wgsl, roots.wgsl, polynomial_erf and polynomial_erfcx. Where TypeScript branches, both sides are
// computed and one is chosen, so that the exponential and the inverse are there once.

const SQRT_HALF = Pair(0.7071067690849304, 1.2101617485882343e-8);
const ERF_NEAR = 0.75;
const ERF_LIMIT = 16.0;

/// exp(z^2) erfc(z), z of 0 to 11.5.
fn erfcx(z: Pair) -> Pair {
  let place = n_multiply(n_subtract(z.hi, 2.0), inverse(plus(z, 2.0)).hi);
  return product(quick_sum(1.25, polynomial_erfcx(place)), inverse(plus(shifted(z, 1), 1.0)));
}

fn finite_erf(x: u32) -> u32 {
  let size = bitcast<f32>(f_magnitude(x));
  let parts = split(f_magnitude(x));
  let bend = n_multiply(parts.mantissa, polynomial_erf(n_multiply(size, size)));
  let near = scale(n_add(parts.mantissa, bend), parts.exponent);
  let bounded = min(size, ERF_LIMIT / 2.0);
  let decay = unscaled(exp_of(negative(exact_product(bounded, bounded))));
  let far = round_pair(plus(negative(product(decay, erfcx(exact(bounded)))), 1.0), 0);
  return select(with_sign(select(far, near, size <= ERF_NEAR), x), x, f_magnitude(x) == 0u);
}

/// 2 / sqrt pi exp(-x^2).
fn finite_erf_slope(x: u32) -> u32 {
  let bounded = min(bitcast<f32>(f_magnitude(x)), ERF_LIMIT);
  let decay = exp_of(negative(exact_product(bounded, bounded)));
  return round_pair(product(decay.pair, Pair(1.128379225730896, -5.8635382771399236e-8)), decay.exponent);
}

/// exp(-x^2 / 2).
fn normal_decay(x: f32) -> Scaled {
  return exp_of(shifted(negative(exact_product(x, x)), -1));
}

/// What lies above |x|, divided by exp(-x^2 / 2).
fn normal_ratio(x: f32) -> Pair {
  return shifted(erfcx(times(SQRT_HALF, abs(x))), -1);
}

/// What lies below x, |x| at most ERF_LIMIT, given the decay and the ratio of x.
fn normal_below(x: f32, decay: Scaled, ratio: Pair) -> Scaled {
  let z = times(SQRT_HALF, x);
  let bend = n_multiply(z.hi, polynomial_erf(n_multiply(z.hi, z.hi)));
  let middle = shifted(plus(plus(z, bend), 1.0), -1);
  let tail = product(choose(unscaled(decay), decay.pair, x < 0.0), ratio);
  let right = plus(negative(tail), 1.0);
  let near = abs(x) <= ERF_NEAR;
  let left = (x < 0.0) & !near;
  return Scaled(choose(choose(right, middle, near), tail, left), select(0, decay.exponent, left));
}

/// x times what lies below x.
fn finite_gelu(x: u32) -> u32 {
  let bounded = clamp(bitcast<f32>(x), -ERF_LIMIT, ERF_LIMIT);
  let below = normal_below(bounded, normal_decay(bounded), normal_ratio(bounded));
  let limited = select(x, bitcast<u32>(-ERF_LIMIT), bitcast<f32>(x) < -ERF_LIMIT);
  return select(rounded_times(limited, below.pair, below.exponent), x, bitcast<f32>(x) > ERF_LIMIT);
}

/// What lies below x, plus x times the density.
fn finite_gelu_slope(x: u32) -> u32 {
  let bounded = clamp(bitcast<f32>(x), -ERF_LIMIT, ERF_LIMIT);
  let decay = normal_decay(bounded);
  let ratio = normal_ratio(bounded);
  let line = times(Pair(0.3989422917366028, -1.1335170135851058e-8), bounded); // 1 / sqrt(2 pi)
  let left = bounded < -ERF_NEAR;
  let far = product(decay.pair, sum(ratio, line));
  let below = normal_below(bounded, decay, ratio).pair;
  let near = sum(below, product(unscaled(decay), line));
  return round_pair(choose(near, far, left), select(0, decay.exponent, left));
}
