// dst = src, each in parts of as many elements that lie anywhere, as tables of their first bytes say; elements of parts that are
// skipped on either side are left out.
//
// Words: elements of a part of src, and of dst; where the table of src begins, and how many parts it has: the table of dst follows.

const SKIPPED = 0xffffffffu;

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    let element = lane * width() + i;
    let part = element / word(0u);
    let to_part = element / word(1u);
    src_base = descriptors[word(2u) + part];
    dst_base = descriptors[word(2u) + word(3u) + to_part];
    if (src_base != SKIPPED && dst_base != SKIPPED) {
      let code = src_flat(element - part * word(0u));
      //: if CHIP
      let row = lane;
      let column = i;
      //: else
      let row = 0u;
      let column = element - to_part * word(1u);
      //: end
      //: if CODES
      dst_put_code(row, column, code);
      //: else
      dst_put(row, column, {{DECODE}}(code));
      //: end
    }
  }
}
