// dst = the elements of data's innermost dimensions, joined in their order: of float32 values, or of codes. data is what is counted.

fn run(lane: u32) {
  let length = data_width / dst_width;
  for (var i = 0u; i < dst_width; i++) {
    let first = i * length;
    var joined = data_{{READ}}(lane, first);
    for (var k = 1u; k < length; k++) {
      let x = data_{{READ}}(lane, first + k);
      joined = {{JOIN}};
    }
    //: if NEGATE
    joined ^= FLOAT32_SIGN;
    //: end
    dst_{{WRITE}}(lane, i, joined);
  }
}
