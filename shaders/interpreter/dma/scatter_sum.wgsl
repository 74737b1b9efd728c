// The parts of dst that a table names += the elements of src, part after part: each is read as a whole before it is written, and
// sees what those before it wrote. One invocation does all parts where they may meet; else each lane does as many elements of all.
//
// Words: elements of a part, parts, where the table begins.

const SKIPPED = 0xffffffffu;

fn run(lane: u32) {
  //: if ORDERED
  let length = word(0u);
  for (var part = 0u; part < word(1u); part++) {
    dst_base = descriptors[word(2u) + part];
    if (dst_base == SKIPPED) {
      continue;
    }
    for (var i = 0u; i < length; i++) {
      held_put_code(0u, i, dst_code(0u, i));
    }
    for (var i = 0u; i < length; i++) {
      dst_put(0u, i, f_add(held_value(0u, i), source(part * length + i)));
    }
  }
  //: else
  for (var i = begin; i < end; i++) {
    let element = lane * width() + i;
    let part = element / word(0u);
    dst_base = descriptors[word(2u) + part];
    if (dst_base != SKIPPED) {
      let at = element - part * word(0u);
      dst_put(0u, at, f_add(dst_value(0u, at), source(element)));
    }
  }
  //: end
}

fn source(element: u32) -> u32 {
  let row = element / src_width;
  return src_value(row, element - row * src_width);
}
