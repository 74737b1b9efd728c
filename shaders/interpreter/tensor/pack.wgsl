// Brings an operand of a matmul from its partitions to scratch, row after row, padded: two bfloat16 to a word where the format's
// values all are bfloat16, else float32. With double-row a partition holds two rows. The lowest exponent of what is not zero is
// kept where the adapter flushes subnormals (stats): it tells whether the quick product has every bit.

fn run(lane: u32) {
  let columns = word(0u);
  let row_words = word(1u);
  let first = scratch_first() + word(2u);
  //: if SCANS
  var small = 0u;
  //: end
  for (var j = 0u; j < {{ROWS}}u; j++) {
    let row = first + (lane * {{ROWS}}u + j) * row_words;
    for (var w = 0u; w < row_words; w++) {
      var packed = 0u;
      //: if WORDS
      // Two elements lie in a word as they are wanted.
      if (w * 2u < columns) {
        packed = src_code(lane, (j * columns) / 2u + w);
        //: if SCANS
        let low = (packed >> 7u) & 0xffu;
        let high = (packed >> 23u) & 0xffu;
        small = max(small, select(0u, 255u - low, (packed & 0x7fffu) != 0u));
        small = max(small, select(0u, 255u - high, (packed & 0x7fff0000u) != 0u));
        //: end
      }
      //: else
      //: for e in PER_WORD
      let i_{{e}} = w * {{PER_WORD}}u + {{e}}u;
      if (i_{{e}} < columns) {
        let bits = src_value(lane, j * columns + i_{{e}});
        //: if PER_WORD == 2
        packed |= (bits >> 16u) << {{16 * e}}u;
        //: else
        packed = bits;
        //: end
        //: if SCANS
        small = max(small, select(0u, 255u - ((bits >> 23u) & 0xffu), (bits << 1u) != 0u));
        //: end
      }
      //: end
      //: end
      scratch[row + w] = packed;
    }
  }
  //: if SCANS
  atomicMax(&stats[stats_first() + word(3u)], small);
  //: end
}
