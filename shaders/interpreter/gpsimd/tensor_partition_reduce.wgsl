// dst = the partitions of data, joined from the first one up; with a factor, times it.
//
// Words: the partitions, and the factor.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    //: if CODES
    var total = data_code(0u, i);
    for (var p = 1u; p < word(0u); p++) {
      total = total {{JOIN}} data_code(p, i);
    }
    dst_put_code(lane, i, total);
    //: else
    var total = data_value(0u, i);
    for (var p = 1u; p < word(0u); p++) {
      total = {{JOIN}}(total, data_value(p, i));
    }
    //: if SCALED
    total = f_multiply(total, word(1u));
    //: end
    dst_put(lane, i, total);
    //: end
  }
}
