// dst[f, p] = the sum of data[q, f] times the identity: the value itself, but +0 for -0, and NaN where another row q has an
// infinity or a NaN, whose product with 0 is NaN.

fn run(lane: u32) {
  var others = 0u;
  var last = 0u;
  for (var q = 0u; q < dst_width; q++) {
    let strange = (data_value(q, lane) & 0x7f800000u) == 0x7f800000u;
    others += select(0u, 1u, strange);
    last = select(last, q, strange);
  }
  for (var p = 0u; p < dst_width; p++) {
    let bits = data_value(p, lane);
    let spoilt = others > 1u || (others == 1u && last != p);
    dst_put(lane, p, select(select(bits, 0u, bits == 0x80000000u), 0x7fc00000u, spoilt));
  }
}
