// A row of the exact product: float32 bits of the product of an element of the stationary and one of the moving operand.

//: if MX
/// x times 2^k with one rounding: in two steps where 2^k is no float32, of which the first is exact unless all is zero or infinite.
fn scaled_product(x: u32, k: i32) -> u32 {
  let low = k < -126;
  let first = select(select(k, 127, k > 127), max(k + 64, -126), low);
  let second = select(select(0, min(k - 127, 127), k > 127), -64, low);
  return f_multiply(f_multiply(x, u32(first + 127) << 23u), u32(second + 127) << 23u);
}

/// Element in the upper half, scale in the lowest byte (pack_mx.wgsl).
fn exact_product(a: u32, b: u32) -> u32 {
  let a_scale = a & 0xffu;
  let b_scale = b & 0xffu;
  let product = f_multiply(a & 0xffff0000u, b & 0xffff0000u);
  let scaled = scaled_product(product, i32(a_scale) + i32(b_scale) - 254);
  return select(scaled, 0x7fc00000u, a_scale == 0xffu || b_scale == 0xffu);
}
//: else
fn exact_product(a: u32, b: u32) -> u32 {
  return f_multiply(a, b);
}
//: end
