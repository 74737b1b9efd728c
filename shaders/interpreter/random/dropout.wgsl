// dst = 0 where the draw is below prob x 2^32, else data, code by code.

/// prob x 2^32 without its fraction; what is 1 or more drops everything, which no u32 can say.
fn threshold_of(prob: u32) -> u32 {
  let field = min(prob >> 23u, 127u);
  let significand = (prob & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL;
  // The significand times 2^(field - 118), of 2^-23 x 2^(field - 127) x 2^32.
  let up = significand << (max(field, 118u) - 118u);
  let down = significand >> min(118u - min(field, 118u), 31u);
  return select(select(down, up, field >= 118u), 0u, (prob >= FLOAT32_SIGN) | f_is_nan(prob));
}

fn run(lane: u32) {
  take_states(lane);
  let prob = {{PROB}};
  let everything = (prob >= FLOAT32_ONE) & (prob <= FLOAT32_INFINITY);
  let threshold = threshold_of(prob);
  for (var i = 0u; i < dst_width; i++) {
    let drops = everything | (draw(i) < threshold);
    dst_put_code(lane, i, select(data_code(lane, i), 0u, drops));
  }
  put_states(lane);
}
