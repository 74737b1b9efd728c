// dst = where each of the eight values is; all ones where it is not.

fn run(lane: u32) {
  search(lane);
  //: for k in 8
  dst_put_code(lane, {{k}}u, found_{{k}} & {{MASK}}u);
  //: end
}
