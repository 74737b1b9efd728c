// state = (data0 op0 state) op1 data1, from initial on, and dst = the state after each element. The state stays float32.

fn run(lane: u32) {
  var state = {{INITIAL}};
  for (var i = begin; i < end; i++) {
    state = {{OPERATION_0}};
    state = {{OPERATION_1}};
    dst_put(lane, i, state);
  }
}
