// The affine value of element i of a partition: offset + lane x channel multiplier + the sum of index x step, which wraps.
//
// Words from {{AT}} on: offset, channel multiplier, then step and count of each dimension, the innermost first.

fn affine(lane: u32, i: u32) -> u32 {
  var value = word({{AT}}u) + lane * word({{AT + 1}}u);
  var rest = i;
  //: for d in RANK
  let outer_{{d}} = rest / word({{AT + 3 + 2 * d}}u);
  value += (rest - outer_{{d}} * word({{AT + 3 + 2 * d}}u)) * word({{AT + 2 + 2 * d}}u);
  rest = outer_{{d}};
  //: end
  return value;
}
