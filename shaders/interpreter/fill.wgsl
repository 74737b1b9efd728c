// Every element of dst becomes one code.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    dst_put_code(lane, i, word(0u));
  }
}
