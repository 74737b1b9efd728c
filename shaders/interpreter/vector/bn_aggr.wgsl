// dst = mean and variance of all elements that the triples of a lane speak of: count, mean, variance x count. The twin of `aggregate`
// in src/isa/vector/bn-aggr.ts.

fn run(lane: u32) {
  var count = 0u;
  var mean = FLOAT32_NAN;
  var squares = FLOAT32_NAN;
  for (var i = 0u; i < data_width; i += 3u) {
    let more = data_value(lane, i);
    let its_mean = data_value(lane, i + 1u);
    let its_squares = data_value(lane, i + 2u);
    let total = f_add(count, more);
    let share = f_multiply(more, alu_reciprocal(total));
    let apart = f_subtract(its_mean, mean);
    let between = f_multiply(f_multiply(apart, apart), f_multiply(count, share));
    let alone = f_magnitude(count) == 0u;
    let passed = f_magnitude(more) == 0u;
    mean = select(select(f_add(mean, f_multiply(apart, share)), its_mean, alone), mean, passed);
    squares = select(select(f_add(f_add(squares, its_squares), between), its_squares, alone), squares, passed);
    count = select(select(total, more, alone), count, passed);
  }
  let results = vec2<u32>(mean, f_multiply(squares, alu_reciprocal(count)));
  for (var k = 0u; k < 2u; k++) {
    dst_put(lane, k, results[k]);
  }
}
