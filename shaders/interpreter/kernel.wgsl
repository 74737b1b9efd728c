// The frame of every kernel of the interpreter. A kernel does one kind of instruction: as many of them as a dispatch has
// descriptors for. Invocation x of a dispatch is a lane, which owns one partition: it runs instructions one after the other
// (`run` of them, a chain), and nobody else writes its partition meanwhile. Instructions that do not depend on each other stand
// side by side (z), for each of them all cores of the run; where elements do too, lanes are cut into chunks (y).
//
// Dispatch, descriptor and `word` are in dispatch.wgsl.

@group(0) @binding(2) var<storage, read_write> chip: array<u32, {{CHIP_WORDS * CORES}}>;
//: if ATOMIC
@group(0) @binding(3) var<storage, read_write> hbm: array<atomic<u32>>;
//: else
@group(0) @binding(3) var<storage, read_write> hbm: array<u32>;
//: end
//: if STATS
/// What is known of the operands of matmuls (tensor/pack.wgsl).
@group(0) @binding(4) var<storage, read_write> stats: array<atomic<u32>>;
//: else
/// For each lane of a slot, core after core: how many elements were reported, then place and value of the first of them.
@group(0) @binding(4) var<storage, read_write> reports: array<u32>;
//: end
//: if SCRATCH
@group(0) @binding(5) var<storage, read_write> scratch: array<u32, {{SCRATCH_WORDS * CORES}}>;
//: end

/// The elements of each partition that this invocation does: begin .. end-1.
var<private> begin: u32;
var<private> end: u32;

fn lanes() -> u32 {
  return descriptors[descriptor];
}

//: if ATOMIC
fn read_hbm(at: u32) -> u32 {
  return atomicLoad(&hbm[hbm_first() + at]);
}

fn write_hbm(at: u32, value: u32) {
  atomicStore(&hbm[hbm_first() + at], value);
}
//: else
fn read_hbm(at: u32) -> u32 {
  return hbm[hbm_first() + at];
}

fn write_hbm(at: u32, value: u32) {
  hbm[hbm_first() + at] = value;
}
//: end

//: if STATS
//: else
/// Counts an element that the run's findings list, and keeps the first one of the lane.
fn report(lane: u32, i: u32, bits: u32) {
  let at = descriptors[descriptor + 1u] + (core * lanes() + lane) * 3u;
  if (reports[at] == 0u) {
    reports[at + 1u] = i;
    reports[at + 2u] = bits;
  }
  reports[at] += 1u;
}
//: end

@compute @workgroup_size({{LANES}})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = id.x;
  let work = without_core(id.z);
  begin = (dispatch.first_chunk + id.y) * dispatch.chunk;
  for (var k = 0u; k < dispatch.run; k++) {
    //: if VARIANTS
    // A chain of several kinds: which kind each is, and its descriptor, stand in a table. Kinds that are not due take as long
    // as one element on adapters that go through every branch.
    descriptor = descriptors[dispatch.first + k * 2u + 1u];
    let within = lane < lanes() && is_due();
    let kind = select({{VARIANTS}}u, descriptors[dispatch.first + k * 2u], within);
    switch (kind) {
      //: for v in VARIANTS
      case {{v}}u: {
        kind{{v}}_open();
        end = kind{{v}}_width();
        kind{{v}}_run(lane);
      }
      //: end
      default: {}
    }
    //: else
    descriptor = dispatch.first + (work * dispatch.run + k) * {{WORDS}}u;
    if (lane < lanes() && is_due()) {
      open();
      end = min(begin + dispatch.chunk, width());
      run(lane);
    }
    //: end
  }
}
