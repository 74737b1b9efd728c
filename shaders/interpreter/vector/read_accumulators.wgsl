// dst = the accumulator register of each lane, or minus it.

fn run(lane: u32) {
  var x = accumulator_value(lane, 0u);
  //: if NEGATE
  x ^= FLOAT32_SIGN;
  //: end
  dst_put(lane, 0u, x);
}
