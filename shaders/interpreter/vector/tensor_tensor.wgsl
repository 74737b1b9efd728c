// dst = data1 op data2, element by element: of float32 values, of codes, or of 32-bit integers.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    //: if INTEGERS
    dst_put_code(lane, i, {{OPERATE}}(
      alu_integer(data1_code(lane, i), {{SIGNED_1}}),
      alu_integer(data2_code(lane, i), {{SIGNED_2}}),
    ));
    //: else
    //: if CODES
    dst_put_code(lane, i, {{OPERATE}}(data1_code(lane, i), data2_code(lane, i), {{WIDTH}}u));
    //: else
    dst_put(lane, i, {{OPERATE}}(data1_value(lane, i), data2_value(lane, i)));
    //: end
    //: end
  }
}
