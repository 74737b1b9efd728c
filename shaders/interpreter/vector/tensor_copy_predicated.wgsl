// dst = src, code by code, where the predicate is not zero, or with REVERSE where it is; other elements stay as they are.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    if ((predicate_code(lane, i) == 0u) == {{REVERSE}}) {
      dst_put_code(lane, i, {{SRC}});
    }
  }
}
