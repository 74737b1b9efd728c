// The elements of dst that an index tile chooses = src, in order, so that of those that meet the last one stays. Offsets are
// those of gather.wgsl.

fn run(lane: u32) {
  let group = lane - lane % {{GROUP}}u;
  for (var i = 0u; i < src_width; i++) {
    let offset = index_code(group + i % {{GROUP}}u, i / {{GROUP}}u);
    dst_put_code(lane, offset, src_code(lane, i));
  }
}
