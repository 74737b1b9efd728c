// dst = min + (max - min) u, at most max; u is the upper 24 bits of a draw, as a fraction of 1.

/// n 2^-24, of n < 2^24.
fn fraction_of(n: u32) -> u32 {
  let up = countLeadingZeros(n) - 8u;
  let bits = ((126u - up) << 23u) | ((n << (up & 31u)) & FLOAT32_FRACTION);
  return select(bits, 0u, n == 0u);
}

fn run(lane: u32) {
  take_states(lane);
  let low = {{MIN}};
  let high = {{MAX}};
  let range = alu_subtract(high, low);
  for (var i = 0u; i < dst_width; i++) {
    let number = alu_add(low, alu_multiply(range, fraction_of(draw(i) >> 8u)));
    dst_put(lane, i, alu_minimum(number, high));
  }
  put_states(lane);
}
