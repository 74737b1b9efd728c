// The sums of one pass by way of workgroup memory: a workgroup fetches BLOCK_K rows of its part of A and of B at a time, decodes each
// word once for all lanes, and adds them while the next rows are on their way to registers. There are two halves of the memory,
// filled in turn, so that one barrier for BLOCK_K rows is enough.

//: block declarations
var<workgroup> a_rows: array<f32, {{2 * BLOCK_K * BLOCK_M}}>;
var<workgroup> b_rows: array<f32, {{2 * BLOCK_K * BLOCK_N}}>;
//: end

//: block fetch
      //: for s in A_FETCHES
      let a_number_{{s}} = lane_number + {{s * LANES}}u;
      if (a_number_{{s}} < {{BLOCK_K * A_ROW_VECTORS}}u) {
        let t = min(first_row + a_number_{{s}} / {{A_ROW_VECTORS}}u, last_row);
        let k = (t % pass_.interleave) * pass_.rows + t / pass_.interleave;
        a_next_{{s}} = a[a_corner + k * slice.a_stride + a_number_{{s}} % {{A_ROW_VECTORS}}u];
      }
      //: end
      //: for s in B_FETCHES
      let b_number_{{s}} = lane_number + {{s * LANES}}u;
      if (b_number_{{s}} < {{BLOCK_K * B_ROW_VECTORS}}u) {
        let t = min(first_row + b_number_{{s}} / {{B_ROW_VECTORS}}u, last_row);
        let k = (t % pass_.interleave) * pass_.rows + t / pass_.interleave;
        b_next_{{s}} = b[b_corner + k * slice.b_stride + b_number_{{s}} % {{B_ROW_VECTORS}}u];
      }
      //: end
//: end

//: block keep
      //: for s in A_FETCHES
      if (lane_number + {{s * LANES}}u < {{BLOCK_K * A_ROW_VECTORS}}u) {
        let at = a_half + (lane_number + {{s * LANES}}u) * {{A_WIDTH * A_PER_WORD}}u;
        //: for w in A_WIDTH
        //: if A_WIDTH == 1
        let word_{{w}} = decode_a(a_next_{{s}});
        //: else
        let word_{{w}} = decode_a(a_next_{{s}}[{{w}}]);
        //: end
        //: for e in A_PER_WORD
        a_rows[at + {{w * A_PER_WORD + e}}u] = word_{{w}}[{{e}}];
        //: end
        //: end
      }
      //: end
      //: for s in B_FETCHES
      if (lane_number + {{s * LANES}}u < {{BLOCK_K * B_ROW_VECTORS}}u) {
        let at = b_half + (lane_number + {{s * LANES}}u) * {{B_WIDTH * B_PER_WORD}}u;
        //: for w in B_WIDTH
        //: if B_WIDTH == 1
        let word_{{w}} = decode_b(b_next_{{s}});
        //: else
        let word_{{w}} = decode_b(b_next_{{s}}[{{w}}]);
        //: end
        //: for e in B_PER_WORD
        b_rows[at + {{w * B_PER_WORD + e}}u] = word_{{w}}[{{e}}];
        //: end
        //: end
      }
      //: end
//: end

//: block add_row
        //: for i in TILE_M
        let a_{{u}}_{{i}} = a_rows[a_at + {{u * BLOCK_M + i}}u];
        //: end
        //: for j in TILE_N
        let b_{{u}}_{{j}} = b_rows[b_at + {{u * BLOCK_N + j / (B_PER_WORD * B_WIDTH) * STRIPE * B_PER_WORD * B_WIDTH + j % (B_PER_WORD * B_WIDTH)}}u];
        //: end
        //: for i in TILE_M
        //: for j in TILE_N
        sum_{{i}}_{{j}} = {{ROUND_SUM}}(sum_{{i}}_{{j}} + {{ROUND_PRODUCT}}(a_{{u}}_{{i}} * b_{{u}}_{{j}}));
        //: end
        //: end
//: end

//: block pass_sums
    //: for i in TILE_M
    //: for j in TILE_N
    var sum_{{i}}_{{j}} = 0.0;
    //: end
    //: end
    //: for s in A_FETCHES
    var a_next_{{s}}: {{A_VECTOR}};
    //: end
    //: for s in B_FETCHES
    var b_next_{{s}}: {{B_VECTOR}};
    //: end
    let lane_number = lane.y * {{LANES_X}}u + lane.x;
    let a_corner = slice.a_offset + matrix * slice.a_matrix + pass_.k0 * slice.a_stride + (tile_row - lane.y) * {{A_VECTORS}}u;
    let b_lane = (lane.x / {{STRIPE}}u) * {{STRIPE * B_VECTORS}}u + lane.x % {{STRIPE}}u;
    let b_corner = slice.b_offset + matrix * slice.b_matrix + pass_.k0 * slice.b_stride + vector - b_lane;
    let rows = pass_.rows * pass_.interleave;
    let last_row = rows - 1u;
    var first_row = 0u;
    var a_half = 0u;
    var b_half = 0u;
    {
      //: use fetch
      //: use keep
    }
    workgroupBarrier();
    while (first_row < rows) {
      let count = min({{BLOCK_K}}u, rows - first_row);
      first_row += {{BLOCK_K}}u;
      if (first_row < rows) {
        //: use fetch
      }
      var a_at = a_half + lane.y * {{TILE_M}}u;
      var b_at = b_half + b_lane * {{B_PER_WORD * B_WIDTH}}u;
      var r = 0u;
      for (; r + {{UNROLL}}u <= count; r += {{UNROLL}}u) {
        //: for u in UNROLL
        //: use add_row
        //: end
        a_at += {{UNROLL * BLOCK_M}}u;
        b_at += {{UNROLL * BLOCK_N}}u;
      }
      for (; r < count; r++) {
        //: for u in 1
        //: use add_row
        //: end
        a_at += {{BLOCK_M}}u;
        b_at += {{BLOCK_N}}u;
      }
      a_half = {{BLOCK_K * BLOCK_M}}u - a_half;
      b_half = {{BLOCK_K * BLOCK_N}}u - b_half;
      if (first_row < rows) {
        //: use keep
      }
      workgroupBarrier();
    }
//: end
