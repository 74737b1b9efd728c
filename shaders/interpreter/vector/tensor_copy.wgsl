// dst = src: equal formats keep their bits, others go by way of float32.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    //: if CODES
    dst_put_code(lane, i, src_code(lane, i));
    //: else
    dst_put(lane, i, src_value(lane, i));
    //: end
  }
}
