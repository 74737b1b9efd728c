// A lane's generators, XORWOW: the twin of src/isa/random/xorwow.ts and generators.ts. Their states are taken from `state`, an operand
// of GENERATORS x 6 words, drawn from in turn, and put back.

//: for w in 6
var<private> xorwow_{{w}}: array<u32, {{GENERATORS}}>;
//: end

fn take_states(lane: u32) {
  for (var g = 0u; g < {{GENERATORS}}u; g++) {
    //: for w in 6
    xorwow_{{w}}[g] = state_code(lane, 6u * g + {{w}}u);
    //: end
  }
}

fn put_states(lane: u32) {
  for (var g = 0u; g < {{GENERATORS}}u; g++) {
    //: for w in 6
    state_put_code(lane, 6u * g + {{w}}u, xorwow_{{w}}[g]);
    //: end
  }
}

/// The draw of element i, the next of generator i mod GENERATORS: words x, y, z, w, v and the counter d.
fn draw(i: u32) -> u32 {
  let g = i % {{GENERATORS}}u;
  let v = xorwow_4[g];
  let t = xorwow_0[g] ^ (xorwow_0[g] >> 2u);
  xorwow_0[g] = xorwow_1[g];
  xorwow_1[g] = xorwow_2[g];
  xorwow_2[g] = xorwow_3[g];
  xorwow_3[g] = v;
  xorwow_4[g] = v ^ (v << 4u) ^ t ^ (t << 1u);
  xorwow_5[g] += 362437u;
  return xorwow_4[g] + xorwow_5[g];
}
