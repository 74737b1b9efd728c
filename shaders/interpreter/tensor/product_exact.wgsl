// The product of an accumulation group where something may be subnormal on an adapter that flushes, or a scaled element beyond
// float32: one element after another, every operation kept exact (exact_row.wgsl). What the quick product (product.wgsl) has done is left alone.

fn stats_word(at: u32) -> u32 {
  return atomicLoad(&stats[stats_first() + at]);
}

fn run(lane: u32) {
  if (is_quick()) {
    return;
  }
  let a_words = word(7u) * 4u;
  let b_words = word(8u);
  for (var n = begin; n < end; n++) {
    var total = 0u;
    if (word(4u) == 1u) {
      total = dst_value(lane, n);
    }
    for (var index = 0u; index < group_passes(); index++) {
      var a_at = scratch_first() + pass_word(index, 0u) + lane / {{A_PER_WORD}}u;
      var b_at = scratch_first() + pass_word(index, 1u) + n / {{B_PER_WORD}}u;
      let rows = pass_word(index, 2u);
      //: if MX
      a_at += rows * a_words;
      b_at += rows * b_words;
      //: end
      var sum = 0u;
      for (var p = 0u; p < rows; p++) {
        //: if A_PER_WORD == 2
        let a = (scratch[a_at] << (16u - (lane & 1u) * 16u)) & 0xffff0000u;
        //: else
        let a = scratch[a_at];
        //: end
        //: if B_PER_WORD == 2
        let b = (scratch[b_at] << (16u - (n & 1u) * 16u)) & 0xffff0000u;
        //: else
        let b = scratch[b_at];
        //: end
        sum = f_add(sum, exact_product(a, b));
        a_at += a_words;
        b_at += b_words;
      }
      if (index > 0u || word(4u) == 1u) {
        sum = f_add(total, sum);
      }
      //: if NARROW
      total = decode_bfloat16(dst_encode(sum));
      //: else
      total = sum;
      //: end
    }
    dst_put(lane, n, total);
  }
}
