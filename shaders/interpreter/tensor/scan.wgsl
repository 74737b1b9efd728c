// What an accumulation group finds in PSUM: the lowest exponent of what is not zero, as pack.wgsl keeps it of operands.

fn run(lane: u32) {
  var small = 0u;
  for (var i = 0u; i < src_width; i++) {
    let bits = src_value(lane, i);
    small = max(small, select(0u, 255u - ((bits >> 23u) & 0xffu), (bits << 1u) != 0u));
  }
  atomicMax(&stats[stats_first() + word(0u)], small);
}
