/// Of float32 bits a word that rises with the number, the same for both zeros, `turned` for falling order; NaN is the last.
fn order_of(x: u32, turned: u32) -> u32 {
  let magnitude = x & 0x7fffffffu;
  let word = x ^ select(0x80000000u, 0xffffffffu, x >= 0x80000000u);
  let number = select(word, 0x80000000u, magnitude == 0u) ^ turned;
  return select(number, 0xffffffffu, magnitude > 0x7f800000u);
}
