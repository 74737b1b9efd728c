// dst = in each partition, the elements of src that a list of indices names; those outside are all zero bits. The list is the
// partition's own, or that of the 16 partitions of its core: index k lies in partition k mod 16, element floor(k / 16).
//
// Words: elements that each index takes.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    //: if SNAKE
    let k = i / word(0u);
    let element = index_code((lane & ~15u) + (k & 15u), k >> 4u) + (i - k * word(0u));
    //: else
    let element = index_code(lane, i);
    //: end
    let inside = element < src_width;
    let code = src_code(lane, select(0u, element, inside));
    dst_put_code(lane, i, select(0u, code, inside));
  }
}
