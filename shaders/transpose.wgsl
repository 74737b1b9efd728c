// Brings A from row-major [M, K] to the K-major layout of shaders/matmul.wgsl, and 8-bit codes to bfloat16, which holds
// all of them exactly and which the matmul's inner loop decodes in one operation. One word of the result per invocation.

struct Shape {
  /// Columns of the result, and rows of it that the source holds.
  m: u32,
  k: u32,
  /// Words from one row to the next.
  in_stride: u32,
  out_stride: u32,
  /// This dispatch starts at row `begin` of what the source holds, which is row `begin + offset` of the result.
  begin: u32,
  offset: u32,
  /// The word of the source at which it begins.
  in_offset: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size({{LANES_X}}, {{LANES_Y}})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = shape.begin + id.y;
  if (id.x >= shape.out_stride || k >= shape.k) {
    return;
  }
  var word = 0u;
  for (var e = 0u; e < {{OUT_PER_WORD}}u; e++) {
    let m = id.x * {{OUT_PER_WORD}}u + e;
    if (m < shape.m) {
      //: if K_MAJOR
      let row = k;
      let column = m;
      //: else
      let row = m;
      let column = k;
      //: end
      let code = (source[shape.in_offset + row * shape.in_stride + column / {{IN_PER_WORD}}u] >> ((column % {{IN_PER_WORD}}u) * {{IN_BITS}}u)) & {{IN_MASK}}u;
      //: if WIDEN
      word |= (widen(code) >> 16u) << (e * 16u);
      //: else
      word |= code << (e * {{IN_BITS}}u);
      //: end
    }
  }
  result[(shape.offset + k) * shape.out_stride + id.x] = word;
}
