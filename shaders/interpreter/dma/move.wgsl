// dst = src, both in the order of their access patterns over all partitions.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    let code = src_flat(lane * width() + i);
    //: if CODES
    dst_put_code(lane, i, code);
    //: else
    dst_put(lane, i, {{DECODE}}(code));
    //: end
  }
}
