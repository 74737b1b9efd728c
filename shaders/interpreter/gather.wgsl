// dst = the elements of src that an index tile chooses: each {{GROUP}} partitions have the offsets that their own partitions of it
// hold, first partitions, then columns.

fn run(lane: u32) {
  let group = lane - lane % {{GROUP}}u;
  for (var i = begin; i < end; i++) {
    let offset = index_code(group + i % {{GROUP}}u, i / {{GROUP}}u);
    dst_put_code(lane, i, src_code(lane, offset));
  }
}
