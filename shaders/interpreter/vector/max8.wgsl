// dst = the eight largest elements of a lane, descending: each element moves the smaller ones down.

/// Integers in the order of the numbers, -0 below +0, and NaN above all.
fn rank_of(x: u32) -> i32 {
  let magnitude = bitcast<i32>(f_magnitude(x));
  return select(select(magnitude, -1 - magnitude, x >= FLOAT32_SIGN), bitcast<i32>(FLOAT32_NAN), f_is_nan(x));
}

fn of_rank(rank: i32) -> u32 {
  return bitcast<u32>(select(rank, (-1 - rank) | bitcast<i32>(FLOAT32_SIGN), rank < 0));
}

fn run(lane: u32) {
  //: for k in 8
  var top_{{k}} = bitcast<i32>(FLOAT32_SIGN);
  //: end
  for (var i = 0u; i < src_width; i++) {
    var rest = rank_of(src_value(lane, i));
    var larger = rest;
    //: for k in 8
    larger = max(top_{{k}}, rest);
    rest = min(top_{{k}}, rest);
    top_{{k}} = larger;
    //: end
  }
  var tops = array<i32, 8>(top_0, top_1, top_2, top_3, top_4, top_5, top_6, top_7);
  for (var k = 0u; k < 8u; k++) {
    dst_put(lane, k, of_rank(tops[k]));
  }
}
