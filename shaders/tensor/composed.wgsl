// Functions that the chip composes of several instructions, exact on every float32: u32 of float32 bits in and out, on the bits
// alone, since adapters take subnormals for zero. NaN and infinities, and whole numbers, stay as they are.

/// The bits of the fraction, of a magnitude that is finite.
fn composed_fraction(magnitude: u32) -> u32 {
  let field = magnitude >> 23u;
  let down = clamp(i32(field) - 127, 0, 23);
  return select(0x007fffffu >> u32(down), 0u, field >= 150u);
}

fn composed_trunc(x: u32) -> u32 {
  let magnitude = x & 0x7fffffffu;
  let kept = select(x & ~composed_fraction(magnitude), x & 0x80000000u, magnitude < 0x3f800000u);
  return select(kept, x, magnitude >= 0x4b000000u);
}

/// The whole number next to x's truncated one and farther from zero, where x is not whole itself; `up` of which sign.
fn composed_outward(x: u32, sign: u32) -> u32 {
  let whole = composed_trunc(x);
  let magnitude = whole & 0x7fffffffu;
  let next = select(magnitude + composed_fraction(magnitude) + 1u, 0x3f800000u, magnitude == 0u);
  let moves = (whole != x) & ((x & 0x80000000u) == sign) & ((x & 0x7fffffffu) < 0x4b000000u);
  return select(whole, sign | next, moves);
}

fn composed_floor(x: u32) -> u32 {
  return composed_outward(x, 0x80000000u);
}

fn composed_ceil(x: u32) -> u32 {
  return composed_outward(x, 0u);
}

/// To the nearest whole number, halves to the even one; zeros keep the sign of x.
fn composed_rint(x: u32) -> u32 {
  let magnitude = x & 0x7fffffffu;
  let fraction = composed_fraction(magnitude);
  let odd = (magnitude & (fraction + 1u)) != 0u;
  let half = (fraction + 1u) >> 1u;
  // A carry goes into the exponent by itself.
  let rounded = (magnitude + half - select(1u, 0u, odd)) & ~fraction;
  let small = select(0u, 0x3f800000u, magnitude > 0x3f000000u);
  let result = select(rounded, small, magnitude < 0x3f800000u);
  return select((x & 0x80000000u) | result, x, magnitude >= 0x4b000000u);
}

fn composed_negate(x: u32) -> u32 {
  return x ^ 0x80000000u;
}
