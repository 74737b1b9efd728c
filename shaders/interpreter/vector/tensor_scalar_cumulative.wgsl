// The register of each lane = (src op0 imm0) op1 register, and dst = the register after each element.

fn run(lane: u32) {
  let scalar = {{SCALAR}};
  var joined = {{START}};
  for (var i = begin; i < end; i++) {
    let src = src_value(lane, i);
    let x = {{OPERATION}};
    joined = {{JOIN}};
    dst_put(lane, i, joined);
  }
  accumulator_put(lane, 0u, joined);
}
