// dst = where the affine value compares with 0 as asked, the element of on_true, else a constant.
//
// Words: the constant, then those of affine.wgsl.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    let value = bitcast<i32>(affine(lane, i));
    //: if CODES
    if (value {{COMPARE}} 0) {
      dst_put_code(lane, i, on_true_code(lane, i));
    } else {
      dst_put(lane, i, word(0u));
    }
    //: else
    dst_put(lane, i, select(word(0u), on_true_value(lane, i), value {{COMPARE}} 0));
    //: end
  }
}
