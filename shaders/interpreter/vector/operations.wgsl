// dst = one operation on each element of data, or two in a row. Scalar operands are one for the whole lane.

fn run(lane: u32) {
  let scalar_0 = {{SCALAR_0}};
  let scalar_1 = {{SCALAR_1}};
  for (var i = begin; i < end; i++) {
    var x = data_{{READ}}(lane, i);
    x = {{OPERATION_0}};
    //: if OPERATIONS == 2
    x = {{OPERATION_1}};
    //: end
    dst_{{WRITE}}(lane, i, x);
  }
}
