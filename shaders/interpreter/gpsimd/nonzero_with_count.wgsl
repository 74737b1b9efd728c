// dst = in every 16th partition, the positions of the elements of src that are not zero, padding behind them, and how many they are.
//
// Words: what is added to positions, and the padding.

fn run(lane: u32) {
  if (lane % 16u == 0u) {
    var count = 0u;
    for (var i = 0u; i < src_width; i++) {
      if ((src_code(lane, i) & {{MAGNITUDE}}u) != 0u) {
        dst_put_code(lane, count, i + word(0u));
        count++;
      }
    }
    for (var i = count; i < src_width; i++) {
      dst_put_code(lane, i, word(1u));
    }
    dst_put_code(lane, src_width, count);
  }
}
