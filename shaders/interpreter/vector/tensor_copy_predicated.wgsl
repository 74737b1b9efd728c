// dst = src, code by code, where the predicate is not zero, or with REVERSE where it is; other elements stay as they are. With an
// index, of which each GROUP partitions share the offsets, it says which elements of dst these are, as in scatter.wgsl.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    if ((predicate_code(lane, i) == 0u) == {{REVERSE}}) {
      //: if GROUP > 0
      let place = index_code(lane - lane % {{GROUP}}u + i % {{GROUP}}u, i / {{GROUP}}u);
      //: else
      let place = i;
      //: end
      dst_put_code(lane, place, {{SRC}});
    }
  }
}
