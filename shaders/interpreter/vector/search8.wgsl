// What nc_find_index8 and nc_match_replace8 share: where each of eight values is in a lane of data. The twin of `findAll` in
// src/isa/vector/search8.ts, going through data once: an element is taken by the first value, in order, that equals it and has none.

const NOT_FOUND = 0xffffffffu;

//: for k in 8
var<private> found_{{k}}: u32;
//: end

/// Equal where numbers are; of NaN what the other side has not.
fn search_key(x: u32, of_nan: u32) -> u32 {
  return select(select(x, 0u, f_magnitude(x) == 0u), of_nan, f_is_nan(x));
}

fn search(lane: u32) {
  //: for k in 8
  found_{{k}} = NOT_FOUND;
  let sought_{{k}} = search_key(vals_value(lane, {{k}}u), NOT_FOUND);
  //: end
  for (var i = 0u; i < data_width; i++) {
    let key = search_key(data_value(lane, i), FLOAT32_NAN);
    var free = true;
    var takes = false;
    //: for step in 8
    takes = free & (found_{{step + DESCENDING * (7 - 2 * step)}} == NOT_FOUND) & (key == sought_{{step + DESCENDING * (7 - 2 * step)}});
    found_{{step + DESCENDING * (7 - 2 * step)}} = select(found_{{step + DESCENDING * (7 - 2 * step)}}, i, takes);
    free = free & !takes;
    //: end
  }
}
