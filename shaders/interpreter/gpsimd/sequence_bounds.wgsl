// dst = where the run of equal ids of each element starts, for all of them, then where it ends. Elements of id 0 start at N and
// end at -1. Ids that are not non-negative integers are reported.

fn run(lane: u32) {
  let n = ids_width;
  var start = 0u;
  var before = 0u;
  for (var i = 0u; i < n; i++) {
    let id = ids_code(lane, i);
    start = select(i, start, i > 0u && equal(id, before));
    before = id;
    put(lane, i, select(start, n, is_zero(id)));
    if (is_wrong(id)) {
      report(lane, i, id);
    }
  }
  var after = 0u;
  var stop = n;
  for (var left = n; left > 0u; left--) {
    let i = left - 1u;
    let id = ids_code(lane, i);
    stop = select(left, stop, left < n && equal(id, after));
    after = id;
    put(lane, n + i, select(stop, 0xffffffffu, is_zero(id)));
  }
}

fn put(lane: u32, i: u32, value: u32) {
  //: if CODES
  dst_put_code(lane, i, value);
  //: else
  dst_put(lane, i, decode_int32(value));
  //: end
}

//: if FLOAT
fn is_zero(id: u32) -> bool {
  return (id & 0x7fffffffu) == 0u;
}

/// As numbers: NaN equals nothing, -0 equals +0.
fn equal(a: u32, b: u32) -> bool {
  let is_nan = max(a & 0x7fffffffu, b & 0x7fffffffu) > 0x7f800000u;
  return !is_nan && (a == b || ((a | b) & 0x7fffffffu) == 0u);
}

fn is_wrong(id: u32) -> bool {
  let exponent = id >> 23u;
  // The bits of the fraction, of numbers of at least 1 and below 2^23.
  let fraction = 0x7fffffu >> min(max(exponent, 127u) - 127u, 23u);
  let is_whole = exponent >= 127u && exponent < 255u && (id & fraction) == 0u;
  return !is_whole && !is_zero(id);
}
//: else
fn is_zero(id: u32) -> bool {
  return id == 0u;
}

fn equal(a: u32, b: u32) -> bool {
  return a == b;
}

fn is_wrong(id: u32) -> bool {
  return id >> 31u == 1u;
}
//: end
