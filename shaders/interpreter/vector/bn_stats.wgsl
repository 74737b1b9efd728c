// dst = count, mean, variance x count of the even elements of a lane, then of the odd ones. Words: each count and its rounded
// reciprocal, both 0 where there is no odd element.

fn run(lane: u32) {
  for (var first = 0u; first < 2u; first++) {
    var sum = 0u;
    for (var i = first; i < data_width; i += 2u) {
      sum = f_add(sum, data_value(lane, i));
    }
    let mean = f_multiply(sum, word(2u * first + 1u));
    var squares = 0u;
    for (var i = first; i < data_width; i += 2u) {
      let distance = f_subtract(data_value(lane, i), mean);
      squares = f_add(squares, f_multiply(distance, distance));
    }
    let results = vec3<u32>(word(2u * first), mean, squares);
    for (var k = 0u; k < 3u; k++) {
      dst_put(lane, 3u * first + k, results[k]);
    }
  }
}
