// dst[m, n] = stationary[row of n, m], code by code, where column n of moving lets that row through. The host saw that moving
// has a single 1 in each column.

fn run(lane: u32) {
  for (var n = 0u; n < dst_width; n++) {
    for (var p = 0u; p < lanes_of_rows(); p++) {
      if ((moving_code(p, n) & {{MAGNITUDE}}u) != 0u) {
        dst_put_code(lane, n, stationary_code(p, lane));
      }
    }
  }
}

fn lanes_of_rows() -> u32 {
  return word(0u);
}
