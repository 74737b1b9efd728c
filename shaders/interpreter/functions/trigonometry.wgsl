// The twin of src/isa/functions/trigonometry.ts. Needs pair.wgsl, roots.wgsl, polynomial_sine, polynomial_cosine and
// polynomial_arctan. Below 2^-13 either function is x to the last bit, subnormals included.

const HALF_PI = Pair(1.5707963705062866, -4.371138828673793e-8);
const TRIGONOMETRY_LINEAR = 0x39000000u; // 2^-13

/// Of |x| at most pi.
fn finite_sin(x: u32) -> u32 {
  let size = bitcast<f32>(f_magnitude(x));
  let quarter = floor_of(n_add(n_multiply(size, 0.6366197466850281), 0.5)); // 2 / pi
  let count = f32(quarter);
  let start = exact_sum(size, -n_multiply(HALF_PI.hi, count));
  let y = quick_sum(start.hi, n_subtract(start.lo, n_multiply(HALF_PI.lo, count)));
  let square = n_multiply(y.hi, y.hi);
  let bend = n_multiply(n_multiply(square, square), polynomial_cosine(square));
  let fall = n_add(n_multiply(-0.5, square), n_subtract(bend, n_multiply(y.hi, y.lo)));
  let sine = n_add(y.hi, n_add(y.lo, n_multiply(n_multiply(y.hi, square), polynomial_sine(square))));
  let result = select(select(-sine, sine, quarter == 0), n_add(1.0, fall), quarter == 1);
  return select(with_sign(bitcast<u32>(result), x), x, f_magnitude(x) < TRIGONOMETRY_LINEAR);
}

/// Above sqrt 2 - 1, arctan x = pi / 4 + arctan((x - 1) / (x + 1)).
fn finite_arctan(x: u32) -> u32 {
  let size = bitcast<f32>(f_magnitude(x));
  let near = size <= 0.4142;
  let y = choose(product(exact_sum(size, -1.0), inverse(exact_sum(size, 1.0))), exact(size), near);
  let square = n_multiply(y.hi, y.hi);
  let bend = n_multiply(n_multiply(y.hi, square), polynomial_arctan(square));
  let far = round_pair(plus(sum(shifted(HALF_PI, -1), y), bend), 0);
  let result = select(far, bitcast<u32>(n_add(size, bend)), near);
  return select(with_sign(result, x), x, f_magnitude(x) < TRIGONOMETRY_LINEAR);
}
