// Brings a packed operand of an MX matmul and its scales to scratch, a row for each lane of a partition: first elements times their
// scales as float32, for the quick product, then elements (bfloat16, which holds them all) and scales side by side, for the
// exact one. What the first cannot hold, or may flush, stats tells.

const MX_NAN = 0x7fc00000u;

/// Element times 2^(scale - 127), exactly; infinity where float32 does not reach.
fn scaled_element(bits: u32, scale: u32) -> u32 {
  let field = (bits >> 23u) & 0xffu;
  let exponent = i32(field) + i32(scale) - 127;
  let sign = bits & 0x80000000u;
  var result = sign | (u32(max(exponent, 0)) << 23u) | (bits & 0x007fffffu);
  // At most 17 places down: elements have 4 significant bits at most, so none is lost.
  let down = u32(clamp(1 - exponent, 0, 31));
  result = select(result, sign | (((bits & 0x007fffffu) | 0x00800000u) >> down), exponent < 1);
  result = select(result, sign | 0x7f800000u, exponent > 254);
  result = select(result, bits, field == 0xffu || (bits << 1u) == 0u);
  return select(result, MX_NAN, scale == 0xffu);
}

fn run(lane: u32) {
  let columns = word(0u);
  let row_words = word(1u);
  let first = scratch_first() + word(2u);
  let plane = lanes() * 4u * row_words;
  let scale_row = (lane / 32u) * 32u + (lane % 32u) / 8u;
  var small = 0u;
  for (var w = 0u; w < row_words; w++) {
    let within = w < columns;
    let at = min(w, columns - 1u);
    let code = src_code(lane, at);
    let scale = scale_code(scale_row, at);
    //: for j in 4
    {
      let element = decode_element((code >> {{j * BITS}}u) & {{MASK}}u);
      let value = scaled_element(element, scale);
      let lost = (value & 0x7f800000u) == 0x7f800000u && (element & 0x7f800000u) != 0x7f800000u && scale != 0xffu;
      let field = select((value >> 23u) & 0xffu, 0u, lost);
      small = max(small, select(0u, 255u - field, within && (value << 1u) != 0u));
      let place = first + (lane * 4u + {{j}}u) * row_words + w;
      scratch[place] = select(0u, value, within);
      scratch[place + plane] = select(0u, (element & 0xffff0000u) | scale, within);
    }
    //: end
  }
  atomicMax(&stats[stats_first() + word(3u)], small);
}
