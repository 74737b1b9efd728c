// dst[last, middle, first] = src[first, middle, last]. With an index the parts of src, each a step of its first dimension, lie where
// a table says; the elements of those that are skipped are left out.
//
// Words: the extents of the first, the middle and the last dimension, then with an index where the table begins.

const SKIPPED = 0xffffffffu;

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    let middle = i / word(0u);
    let first = i - middle * word(0u);
    //: if PARTS
    src_base = descriptors[word(3u) + first];
    if (src_base == SKIPPED) {
      continue;
    }
    dst_put_code(lane, i, src_flat(middle * word(2u) + lane));
    //: else
    dst_put_code(lane, i, src_flat((first * word(1u) + middle) * word(2u) + lane));
    //: end
  }
}
