// The functions of the Scalar engine that only look at bits (src/isa/functions/activations.ts).

fn finite_copy(x: u32) -> u32 {
  return x;
}

fn finite_square(x: u32) -> u32 {
  return f_multiply(x, x);
}

fn finite_relu(x: u32) -> u32 {
  return select(x, 0u, x >= FLOAT32_SIGN);
}

/// 1, -1, or +0 of either zero.
fn finite_sign(x: u32) -> u32 {
  return select((x & FLOAT32_SIGN) | FLOAT32_ONE, 0u, f_magnitude(x) == 0u);
}

fn finite_abs(x: u32) -> u32 {
  return f_magnitude(x);
}
