// dst = function of (data step 0 step 1), element by element, and a register of each lane that joins the results in order:
// activation, activation_reduce, activate2 and exponential. A step is an operator with a side, which is one for the whole lane.

//: if RANGED
/// Whether a function that is not valid for all numbers is not valid for x. Negative numbers are larger than any as codes.
fn is_outside(x: u32) -> bool {
  let size = {{SIZE}};
  return !f_is_nan(x) & ((size < {{LOW}}) | (size > {{HIGH}}));
}
//: end

//: if PRELU
fn prelu(x: u32, slope: u32) -> u32 {
  return select(f_multiply(slope, x), x, (x <= FLOAT32_INFINITY) | (x == FLOAT32_SIGN));
}
//: end

fn run(lane: u32) {
  //: if STEPS > 0
  let side_0 = {{SIDE_0}};
  //: end
  //: if STEPS > 1
  let side_1 = {{SIDE_1}};
  //: end
  //: if PRELU
  let slope = {{SLOPE}};
  //: end
  //: if REGISTER
  var joined = {{START}};
  //: end
  for (var i = begin; i < end; i++) {
    var x = data_value(lane, i);
    //: if STEPS > 0
    x = {{STEP_0}};
    //: end
    //: if STEPS > 1
    x = {{STEP_1}};
    //: end
    //: if RANGED
    if (is_outside(x)) {
      report(lane, i, x);
    }
    //: end
    let y = {{FUNCTION}};
    //: if JOINS
    joined = {{JOIN}}(joined, y);
    //: end
    dst_put(lane, i, y);
  }
  //: if REGISTER
  register_put(lane, 0u, joined);
  //: end
}
