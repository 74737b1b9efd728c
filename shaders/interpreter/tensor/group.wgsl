// An accumulation group as both products of it see it: its passes stand in a table, a pass takes its rows from two packed operands.

fn group_passes() -> u32 {
  return word(2u);
}

/// Words of pass `index`: first word of the stationary operand in scratch, of the moving one, rows, and their places in stats.
fn pass_word(index: u32, at: u32) -> u32 {
  return descriptors[word(3u) + index * 5u + at];
}

//: if SCANS
/// Whether every product and sum of the group is a multiple of the smallest normal number, and so nothing is subnormal: of
/// numbers with exponents e and f, products of 48 bits or roundings of them are multiples of 2^(e + f - 24). Operands that
/// are subnormal themselves have e of -127.
fn is_quick() -> bool {
  var quick = true;
  if (word(4u) == 1u) {
    quick = stats_word(word(5u)) <= {{HELD_LIMIT}}u;
  }
  for (var index = 0u; index < group_passes(); index++) {
    let a = stats_word(pass_word(index, 3u));
    let b = stats_word(pass_word(index, 4u));
    quick = quick && a < 255u && b < 255u && a + b <= 356u;
  }
  return quick;
}
//: else
fn is_quick() -> bool {
  return true;
}
//: end
