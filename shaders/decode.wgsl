// One word of packed codes to float32, exactly, in few operations: what the fused matmul's inner loop uses. Each adapter's
// results are compared with src/numerics on every code before they are trusted. No path meets a float32 subnormal.

//: if DECODE_FLOAT32
fn {{NAME}}(word: u32) -> array<f32, 1> {
  return array<f32, 1>(bitcast<f32>(word));
}
//: end
//: if DECODE_TFLOAT32
fn {{NAME}}(word: u32) -> array<f32, 1> {
  return array<f32, 1>(bitcast<f32>(word & 0xffffe000u));
}
//: end
//: if DECODE_BFLOAT16
fn {{NAME}}(word: u32) -> array<f32, 2> {
  return array<f32, 2>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u));
}
//: end
//: if DECODE_NATIVE
fn {{NAME}}(word: u32) -> array<f32, 2> {
  let pair = bitcast<vec2<f16>>(word);
  return array<f32, 2>(f32(pair.x), f32(pair.y));
}
//: end
//: if DECODE_UNPACK
fn {{NAME}}(word: u32) -> array<f32, 2> {
  let pair = unpack2x16float(word);
  return array<f32, 2>(pair.x, pair.y);
}
//: end
//: if DECODE_FINITE
// Finite codes of a format with a narrower exponent. Moved to float32's place and rebiased, the magnitude x is right from
// the format's smallest normal on; below it the hidden bit is wrong, and 2x - (smallest normal) is right, and smaller.
fn {{NAME}}_code(code: u32) -> f32 {
  let x = bitcast<f32>(((code & {{MAGNITUDE}}u) >> {{SHIFT}}u) + {{REBIAS}}u);
  let magnitude = min(x, x + x - bitcast<f32>({{MIN_NORMAL}}u));
  return bitcast<f32>(bitcast<u32>(magnitude) | (code & 0x80000000u));
}
//: if PER_WORD == 2
fn {{NAME}}(word: u32) -> array<f32, 2> {
  return array<f32, 2>({{NAME}}_code(word << 16u), {{NAME}}_code(word));
}
//: else
fn {{NAME}}(word: u32) -> array<f32, 4> {
  return array<f32, 4>({{NAME}}_code(word << 24u), {{NAME}}_code(word << 16u), {{NAME}}_code(word << 8u), {{NAME}}_code(word));
}
//: end
//: end
//: if DECODE_GENERAL
fn {{NAME}}(word: u32) -> array<f32, {{PER_WORD}}> {
  return array<f32, {{PER_WORD}}>(
    //: for e in PER_WORD
    bitcast<f32>({{NAME}}_code((word >> {{e * BITS}}u) & {{MASK}}u)),
    //: end
  );
}
//: end
