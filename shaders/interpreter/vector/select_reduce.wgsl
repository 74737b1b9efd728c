// dst = on_true where an element is chosen, else a value that is one for the whole lane; a register of each lane can keep the
// largest, as float32. select_reduce chooses by a predicate, range_select by comparing the element's index with two bounds.

fn run(lane: u32) {
  let other = {{OTHER}};
  //: if RANGE
  let bound_0 = bound0_value(lane, 0u);
  let bound_1 = bound1_value(lane, 0u);
  //: end
  //: if JOINS
  var joined = {{START}};
  //: end
  for (var i = begin; i < end; i++) {
    //: if RANGE
    let index = decode_signed({{FIRST}} + i, 32u);
    let chosen = ({{COMPARISON_0}} & {{COMPARISON_1}}) != 0u;
    //: else
    let chosen = (predicate_code(lane, i) == 0u) == {{REVERSE}};
    //: end
    let x = select(other, on_true_value(lane, i), chosen);
    //: if JOINS
    joined = alu_maximum(joined, x);
    //: end
    dst_put(lane, i, x);
  }
  //: if JOINS
  accumulator_put(lane, 0u, joined);
  //: end
}
