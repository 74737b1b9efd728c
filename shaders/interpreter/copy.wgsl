// dst = src, code by code.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    dst_put_code(lane, i, src_code(lane, i));
  }
}
