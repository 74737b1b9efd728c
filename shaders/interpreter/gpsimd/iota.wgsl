// dst = affine values: their 32 bits, or the float32 of each.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    //: if CODES
    dst_put_code(lane, i, affine(lane, i));
    //: else
    dst_put(lane, i, decode_int32(affine(lane, i)));
    //: end
  }
}
