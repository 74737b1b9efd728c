// What every kernel of the interpreter is told: its dispatch, and the descriptors of the works that it does. A descriptor's words
// are: lanes, slot for reports, which cores do the work (a bit each), the attributes of the instruction, then its operands.

struct Dispatch {
  /// Word of the first descriptor, and how many instructions each invocation runs.
  first: u32,
  run: u32,
  /// Elements of a chunk, and the number of the first one.
  chunk: u32,
  first_chunk: u32,
  /// Always 0, which the compiler cannot know.
  zero: u32,
  /// Words of HBM of each core.
  hbm_words: u32,
}

@group(0) @binding(0) var<uniform> dispatch: Dispatch;
@group(0) @binding(1) var<storage, read> descriptors: array<u32>;

var<private> descriptor: u32;

fn zero_word() -> u32 {
  return dispatch.zero;
}

/// An attribute of the instruction.
fn word(index: u32) -> u32 {
  return descriptors[descriptor + 3u + index];
}

// Every core of a run has memories of its own, one behind the other in each buffer, and does the same works: the last coordinate of
// an invocation says which core it belongs to.

//: if CORES > 1
var<private> core: u32;

/// Takes the core from the last coordinate of an invocation; what is left counts descriptors.
fn without_core(z: u32) -> u32 {
  core = z % {{CORES}}u;
  return z / {{CORES}}u;
}

/// Whether the core does the work that is due: what differs between cores is done for some of them.
fn is_due() -> bool {
  return ((descriptors[descriptor + 2u] >> core) & 1u) == 1u;
}
//: else
const core = 0u;

fn without_core(z: u32) -> u32 {
  return z;
}

fn is_due() -> bool {
  return true;
}
//: end

// The first word of the core's own memory, in each buffer.

fn chip_first() -> u32 {
  return core * {{CHIP_WORDS}}u;
}

fn hbm_first() -> u32 {
  return core * dispatch.hbm_words;
}

fn scratch_first() -> u32 {
  return core * {{SCRATCH_WORDS}}u;
}

fn stats_first() -> u32 {
  return core * {{STATS_WORDS}}u;
}
