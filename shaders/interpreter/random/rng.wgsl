// dst = the lowest bits of draws.

fn run(lane: u32) {
  take_states(lane);
  for (var i = 0u; i < dst_width; i++) {
    dst_put_code(lane, i, draw(i) & {{MASK}}u);
  }
  put_states(lane);
}
