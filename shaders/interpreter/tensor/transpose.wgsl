// dst[f, p] = data[p, f], code by code.

fn run(lane: u32) {
  for (var p = begin; p < end; p++) {
    dst_put_code(lane, p, data_code(p, lane));
  }
}
