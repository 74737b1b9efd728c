// dst = src, both in the order of their access patterns over all partitions.

fn run(lane: u32) {
  for (var i = begin; i < end; i++) {
    //: if PER_WORD > 1
    // Words of dst, whose elements lie anywhere in src.
    var code = 0u;
    let first = (lane * width() + i) * {{PER_WORD}}u;
    //: for e in PER_WORD
    code |= src_flat(first + {{e}}u) << {{e * BITS}}u;
    //: end
    //: else
    let code = src_flat(lane * width() + i);
    //: end
    //: if CODES
    dst_put_code(lane, i, code);
    //: else
    dst_put(lane, i, {{DECODE}}(code));
    //: end
  }
}
