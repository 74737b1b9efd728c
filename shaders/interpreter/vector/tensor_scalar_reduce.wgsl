// dst = data op0 operand0, and the register of each lane joins the results, as float32, in their order.

fn run(lane: u32) {
  let scalar = {{SCALAR}};
  var joined = {{START}};
  for (var i = begin; i < end; i++) {
    let data = data_value(lane, i);
    let x = {{OPERATION}};
    joined = {{JOIN}};
    dst_put(lane, i, x);
  }
  accumulator_put(lane, 0u, joined);
}
