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
