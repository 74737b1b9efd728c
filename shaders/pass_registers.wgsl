// The sums of one pass, each row straight from the operands' buffers to registers. Nothing is shared between invocations, so no barrier
// is needed; with BROADCAST the lanes of a subgroup share the words of A out among them, and decode each once for all. A workgroup
// is then one row of lanes, so that all want the same A.

//: block declarations
//: end

//: block pass_sums
    //: if BROADCAST
    let a_lane = subgroup_lane % {{BROADCAST}}u;
    //: end
    //: for i in TILE_M
    //: for j in TILE_N
    var sum_{{i}}_{{j}} = 0.0;
    //: end
    //: end
    let a_base = slice.a_offset + matrix * slice.a_matrix + pass_.k0 * slice.a_stride + tile_row * {{A_VECTORS}}u;
    let b_base = slice.b_offset + matrix * slice.b_matrix + pass_.k0 * slice.b_stride + vector;
    var p = 0u;

    // Rows are loaded one after the other, then added output by output, so that a sum stays in its register from row to row.
    //: block load
      //: if BROADCAST
      // Each lane of a subgroup takes one word of A, decodes it, and hands it to the others.
      //: for v in A_WORDS / BROADCAST
      let a_own_{{u}}_{{v}} = decode_a(a[a_at_{{u}} + {{v * BROADCAST}}u + a_lane]);
      //: end
      //: for i in TILE_M
      let a_{{u}}_{{i}} = subgroupBroadcast(a_own_{{u}}_{{i / A_PER_WORD / BROADCAST}}[{{i % A_PER_WORD}}], {{i / A_PER_WORD % BROADCAST}}u);
      //: end
      //: else
      //: for v in A_VECTORS
      let a_vector_{{u}}_{{v}} = a[a_at_{{u}} + {{v}}u];
      //: end
      //: for w in A_WORDS
      //: if A_WIDTH == 1
      let a_word_{{u}}_{{w}} = decode_a(a_vector_{{u}}_{{w}});
      //: else
      let a_word_{{u}}_{{w}} = decode_a(a_vector_{{u}}_{{w / A_WIDTH}}[{{w % A_WIDTH}}]);
      //: end
      //: end
      //: for i in TILE_M
      let a_{{u}}_{{i}} = a_word_{{u}}_{{i / A_PER_WORD}}[{{i % A_PER_WORD}}];
      //: end
      //: end
      //: for v in B_VECTORS
      let b_vector_{{u}}_{{v}} = b[b_at_{{u}} + {{v * STRIPE}}u];
      //: end
      //: for w in B_WORDS
      //: if B_WIDTH == 1
      let b_word_{{u}}_{{w}} = decode_b(b_vector_{{u}}_{{w}});
      //: else
      let b_word_{{u}}_{{w}} = decode_b(b_vector_{{u}}_{{w / B_WIDTH}}[{{w % B_WIDTH}}]);
      //: end
      //: end
    //: end
    //: block add
      sum_{{i}}_{{j}} = {{ROUND_SUM}}(sum_{{i}}_{{j}} + {{ROUND_PRODUCT}}(a_{{u}}_{{i}} * b_word_{{u}}_{{j / B_PER_WORD}}[{{j % B_PER_WORD}}]));
    //: end
    // Addresses advance by addition: integer products are dear where the adapter is a CPU.
    //: if DOUBLE_ROW
    if (pass_.interleave == 2u) {
      let a_second = pass_.rows * slice.a_stride;
      let b_second = pass_.rows * slice.b_stride;
      var a_row = a_base;
      var b_row = b_base;
      for (; p + {{UNROLL}}u <= pass_.rows; p += {{UNROLL}}u) {
        //: for u in 2 * UNROLL
        //: if u % 2 == 0
        let a_at_{{u}} = a_row;
        let b_at_{{u}} = b_row;
        //: use load
        //: else
        let a_at_{{u}} = a_row + a_second;
        let b_at_{{u}} = b_row + b_second;
        //: use load
        a_row += slice.a_stride;
        b_row += slice.b_stride;
        //: end
        //: end
        //: for i in TILE_M
        //: for j in TILE_N
        //: for u in 2 * UNROLL
        //: use add
        //: end
        //: end
        //: end
      }
    }
    //: else
    var a_row = a_base;
    var b_row = b_base;
    for (; p + {{UNROLL}}u <= pass_.rows; p += {{UNROLL}}u) {
      //: for u in UNROLL
      let a_at_{{u}} = a_row;
      let b_at_{{u}} = b_row;
      //: use load
      a_row += slice.a_stride;
      b_row += slice.b_stride;
      //: end
      //: for i in TILE_M
      //: for j in TILE_N
      //: for u in UNROLL
      //: use add
      //: end
      //: end
      //: end
    }
    //: end
    for (var t = p * pass_.interleave; t < pass_.rows * pass_.interleave; t++) {
      let k = (t % pass_.interleave) * pass_.rows + t / pass_.interleave;
      //: for u in 1
      let a_at_{{u}} = a_base + k * slice.a_stride;
      let b_at_{{u}} = b_base + k * slice.b_stride;
      //: use load
      //: for i in TILE_M
      //: for j in TILE_N
      //: use add
      //: end
      //: end
      //: end
    }
//: end
