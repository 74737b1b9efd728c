// The k largest of the n elements of each core's 16 partitions, ascending, and where they were. The first lane of a core sorts
// their positions by rank, with a counting sort for each of the two bytes of a rank: positions go from `sorted` by the low byte to
// `passed`, and back by the high one. Of equal elements those that come later are less, so the first pass begins at the end.
// Lists of a core lie across its partitions: element i in partition i mod 16, as element floor(i / 16).
//
// Words: n and k.

var<private> counts: array<u32, 256>;

fn run(lane: u32) {
  if (lane % 16u == 0u) {
    let n = word(0u);
    let k = word(1u);
    count(lane, 0u);
    for (var left = n; left > 0u; left--) {
      let position = left - 1u;
      let place = next(rank(lane, position) & 255u);
      passed_put_code(lane + (place & 15u), place >> 4u, position);
    }
    count(lane, 8u);
    for (var i = 0u; i < n; i++) {
      let position = passed_code(lane + (i & 15u), i >> 4u);
      let place = next(rank(lane, position) >> 8u);
      sorted_put_code(lane + (place & 15u), place >> 4u, position);
    }
    for (var i = 0u; i < k; i++) {
      let position = largest(lane, i);
      dst_put_code(lane + (i & 15u), i >> 4u, src_code(lane + (position & 15u), position >> 4u));
    }
    for (var i = 0u; i < k; i++) {
      idx_dst_put_code(lane + (i & 15u), i >> 4u, largest(lane, i));
    }
  }
}

/// Where the i-th of the k largest was.
fn largest(lane: u32, i: u32) -> u32 {
  let place = word(0u) - word(1u) + i;
  return sorted_code(lane + (place & 15u), place >> 4u);
}

/// Ascending as bfloat16 numbers do: negative codes grow downwards, and every NaN is above +infinity.
fn rank(lane: u32, position: u32) -> u32 {
  let code = src_code(lane + (position & 15u), position >> 4u);
  let ordered = select(0xffffu - code, code + 0x8000u, code < 0x8000u);
  return select(ordered, 0xffffu, (code & 0x7fffu) > 0x7f80u);
}

/// Where the elements begin that have each value of a byte of their ranks.
fn count(lane: u32, shift: u32) {
  for (var value = 0u; value < 256u; value++) {
    counts[value] = 0u;
  }
  for (var position = 0u; position < word(0u); position++) {
    counts[(rank(lane, position) >> shift) & 255u]++;
  }
  var sum = 0u;
  for (var value = 0u; value < 256u; value++) {
    let own = counts[value];
    counts[value] = sum;
    sum += own;
  }
}

/// The next place of an element that has a value.
fn next(value: u32) -> u32 {
  let place = counts[value];
  counts[value] = place + 1u;
  return place;
}
