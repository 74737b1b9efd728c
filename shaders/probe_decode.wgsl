// Decodes every word given by the decoder under test: its results are compared with src/numerics.

@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;

@compute @workgroup_size({{LANES_X}})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&words)) {
    return;
  }
  let decoded = decode_word(words[id.x]);
  //: for e in PER_WORD
  values[id.x * {{PER_WORD}}u + {{e}}u] = bitcast<u32>(decoded[{{e}}]);
  //: end
}
