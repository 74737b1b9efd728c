// Partition i of dst = partition mask[i] of src, both counted within a quadrant of 32. Words: the mask, of which 255 leaves dst.

fn run(lane: u32) {
  let within = lane % 32u;
  let taken = word(within);
  if (taken != 255u) {
    for (var i = 0u; i < dst_width; i++) {
      dst_put_code(lane, i, src_code(lane - within + taken, i));
    }
  }
}
