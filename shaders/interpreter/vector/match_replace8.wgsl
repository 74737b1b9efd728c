// dst = data, with what was found of the eight values replaced by a constant, the only word; index = where it was.

fn is_found(i: u32) -> bool {
  var found = false;
  //: for k in 8
  found = found | (i == found_{{k}});
  //: end
  return found;
}

fn run(lane: u32) {
  search(lane);
  for (var i = 0u; i < data_width; i++) {
    //: if CODES
    if (is_found(i)) {
      dst_put(lane, i, word(0u));
    } else {
      dst_put_code(lane, i, data_code(lane, i));
    }
    //: else
    dst_put(lane, i, select(data_value(lane, i), word(0u), is_found(i)));
    //: end
  }
  //: if INDEX
  //: for k in 8
  index_put_code(lane, {{k}}u, found_{{k}} & {{MASK}}u);
  //: end
  //: end
}
