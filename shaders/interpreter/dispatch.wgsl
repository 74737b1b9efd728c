// What every kernel of the interpreter is told: its dispatch, and the descriptors of the works that it does. A descriptor's words
// are: lanes, slot for reports, the attributes of the instruction, then its operands.

struct Dispatch {
  /// Word of the first descriptor, and how many instructions each invocation runs.
  first: u32,
  run: u32,
  /// Elements of a chunk, and the number of the first one.
  chunk: u32,
  first_chunk: u32,
  /// Always 0, which the compiler cannot know.
  zero: u32,
}

@group(0) @binding(0) var<uniform> dispatch: Dispatch;
@group(0) @binding(1) var<storage, read> descriptors: array<u32>;

var<private> descriptor: u32;

fn zero_word() -> u32 {
  return dispatch.zero;
}

/// An attribute of the instruction.
fn word(index: u32) -> u32 {
  return descriptors[descriptor + 2u + index];
}
