// dst = src over the power of two that its group has, as elements: of each packed code four, one after another. A group is 8
// partitions x 4 elements; the first of its lanes writes its scale. Word: the exponent of the largest magnitude whose scale
// is 1.

/// The largest magnitude of the group of four elements from i on.
fn largest_of(lane: u32, i: u32) -> u32 {
  var largest = 0u;
  for (var k = 0u; k < 32u; k++) {
    largest = max(largest, f_magnitude(src_value((lane & ~7u) + (k >> 2u), i + (k & 3u))));
  }
  return largest;
}

/// The biased exponent of a scale, from the largest magnitude of its group. Zeros and subnormals are far below the least scale.
fn scale_of(largest: u32) -> u32 {
  let scale = max(i32(largest >> 23u) - bitcast<i32>(word(0u)), 0);
  return select(u32(scale), 0xffu, largest >= FLOAT32_INFINITY);
}

fn run(lane: u32) {
  for (var i = 0u; i < src_width; i += 4u) {
    let scale = scale_of(largest_of(lane, i));
    // 2^-X of the scale 2^X.
    let inverse = select((254u - scale) << 23u, FLOAT32_NAN, scale == 0xffu);
    for (var k = i; k < i + 4u; k++) {
      dst_put(lane, k, f_multiply(src_value(lane, k), inverse));
    }
    if ((lane & 7u) == 0u) {
      scales_put_code((lane & ~31u) + ((lane & 31u) >> 3u), i >> 2u, scale);
    }
  }
}
