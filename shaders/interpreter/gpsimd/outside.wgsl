// Reports the indices of each partition that are above a limit.
//
// Words: the limit, and how many indices a core has: index k in its partition k mod 16, element floor(k / 16).

fn run(lane: u32) {
  //: if SNAKE
  let count = (word(1u) + 15u - (lane & 15u)) >> 4u;
  //: else
  let count = index_width;
  //: end
  for (var i = 0u; i < count; i++) {
    let index = index_code(lane, i);
    if (index > word(0u)) {
      report(lane, i, index);
    }
  }
}
