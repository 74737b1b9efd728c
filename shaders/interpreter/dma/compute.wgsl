// dst = the sum of the sources times their scales, each product and each sum rounded. With an index the parts of src0 lie where a
// table says, and the elements of those that are skipped are left out.
//
// Words: the scales, then with an index the elements of a part, and where the table begins.

const SKIPPED = 0xffffffffu;

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    let element = lane * width() + i;
    //: if PARTS
    let part = element / word({{SOURCES}}u);
    src0_base = descriptors[word({{SOURCES + 1}}u) + part];
    if (src0_base == SKIPPED) {
      continue;
    }
    var sum = f_multiply(src0_value(0u, element - part * word({{SOURCES}}u)), word(0u));
    //: else
    let row_0 = element / src0_width;
    var sum = f_multiply(src0_value(row_0, element - row_0 * src0_width), word(0u));
    //: end
    //: for k in SOURCES - 1
    let row_{{k + 1}} = element / src{{k + 1}}_width;
    sum = f_add(sum, f_multiply(src{{k + 1}}_value(row_{{k + 1}}, element - row_{{k + 1}} * src{{k + 1}}_width), word({{k + 1}}u)));
    //: end
    dst_put(lane, i, sum);
  }
}
