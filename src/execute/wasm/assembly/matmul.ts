/**
 * The WASM executor (AssemblyScript, 128-bit SIMD): threads take units of a product, rectangles of its output, one after the other, until
 * none is left, and compute each pass by pass. Operands lie packed as they were given; a pass's part of them is decoded into panels that
 * stay in cache (tile.ts), or for few rows of A where it lies (stream.ts).
 */
import { add } from './arithmetic';
import { decodesInPlace, flush, packLine, packScattered, widened } from './decode';
import { Exact, FIRST, FLUSHED, Format, FUSED, Job, LAST, OPENING, Pass } from './job';
import { addFours, addRow, inOrder } from './stream';
import { canonicalNaNs, COLUMNS, multiply, retire, ROWS, TILE_BYTES } from './tile';

export { peak, read } from './peak';

/** Where the memory that the caller may use begins. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

/**
 * Does one unit of the job, if any is left, and says whether it did. `scratch` is this thread's own: a tile's sums, a strip for a run of
 * codes, panels of A, `blockRows` x depth, and of B, `unitColumns` x depth, then the sums of a group, `unitRows` x `unitColumns`. Streamed: four
 * strips, a panel of A, then four rows of a pass's sums, and of a group's, each rounded up to 16.
 */
export function step(at: usize, scratch: usize): bool {
  const job = changetype<Job>(at);
  const unit = atomic.add<i32>(at, 1);
  if (unit >= job.units) return false;
  const across = (job.n + job.unitColumns - 1) / job.unitColumns;
  if (job.split) {
    streamPass(job, scratch, unit / across, unit % across * job.unitColumns);
    return true;
  }
  const m0 = unit / across * job.unitRows;
  const n0 = unit % across * job.unitColumns;
  const rows = min(job.unitRows, job.m - m0);
  const columns = min(job.unitColumns, job.n - n0);
  if (job.streamed) stream(job, scratch, m0, n0, rows, columns);
  else blocks(job, scratch, m0, n0, rows, columns);
  return true;
}

/** Index into K of what the pass adds at place `position`: row by row, a row's interleaved products together. */
@inline
function indexAt(pass: Pass, position: i32): i32 {
  return pass.interleave == 1
    ? pass.k0 + position
    : pass.k0 + position % pass.interleave * pass.rows + position / pass.interleave;
}

function blocks(job: Job, scratch: usize, m0: i32, n0: i32, rows: i32, columns: i32): void {
  const depth = job.depth, mode = job.arithmetic;
  const sums = scratch;
  const strip = sums + TILE_BYTES;
  const aPanels = strip + job.stripBytes;
  const bPanels = aPanels + <usize>job.blockRows * depth * 4;
  const groups = bPanels + <usize>job.unitColumns * depth * 4;
  const pitch = job.pitch;
  const out = job.out + <usize>m0 * pitch + <usize>n0 * 4;
  const oneGroup = job.oneGroup;
  const group = oneGroup ? out : groups;
  const groupPitch = oneGroup ? pitch : <usize>job.unitColumns * 4;
  const wide = (columns + <i32>COLUMNS - 1) / <i32>COLUMNS;
  for (let index = 0; index < job.passCount; index++) {
    const pass = changetype<Pass>(job.passes + <usize>index * offsetof<Pass>());
    const length = pass.rows * pass.interleave;
    packB(job, pass, bPanels, n0, columns, strip);
    if (mode == FLUSHED) flush(bPanels, bPanels + <usize>(wide * depth) * COLUMNS * 4);
    for (let row = 0; row < rows; row += job.blockRows) {
      const count = min(job.blockRows, rows - row);
      const high = (count + <i32>ROWS - 1) / <i32>ROWS;
      packA(job, pass, aPanels, m0 + row, count, strip);
      if (mode == FLUSHED) flush(aPanels, aPanels + <usize>(high * depth) * ROWS * 4);
      multiply(
        mode, aPanels, bPanels, high, wide, length, depth, sums,
        group + <usize>row * groupPitch, groupPitch, out + <usize>row * pitch, pitch, pass.place, <bool>job.canonical,
      );
    }
  }
}

function packB(job: Job, pass: Pass, to: usize, n0: i32, columns: i32, strip: usize): void {
  const format = changetype<Format>(job.bFormat);
  const length = pass.rows * pass.interleave;
  const panel = <usize>job.depth * COLUMNS * 4;
  for (let position = 0; position < length; position++) {
    const from = job.b + (<usize>indexAt(pass, position) * job.n + n0) * format.size;
    packLine(format, from, columns, to + <usize>position * COLUMNS * 4, 16, panel - 16, strip);
  }
}

function packA(job: Job, pass: Pass, to: usize, m0: i32, count: i32, strip: usize): void {
  const format = changetype<Format>(job.aFormat);
  const panel = <usize>job.depth * ROWS * 4;
  if (job.kMajor) {
    const length = pass.rows * pass.interleave;
    for (let position = 0; position < length; position++) {
      const from = job.a + (<usize>indexAt(pass, position) * job.m + m0) * format.size;
      packLine(format, from, count, to + <usize>position * ROWS * 4, panel, panel, strip);
    }
    return;
  }
  for (let row = 0; row < count; row++) {
    const lane = to + <usize>(row / <i32>ROWS) * panel + <usize>(row % <i32>ROWS) * 4;
    for (let part = 0; part < pass.interleave; part++) {
      const from = job.a + (<usize>(m0 + row) * job.k + pass.k0 + part * pass.rows) * format.size;
      packScattered(format, from, pass.rows, lane + <usize>part * ROWS * 4, <usize>pass.interleave * ROWS * 4, strip);
    }
  }
}

/** One pass of all rows and some columns. Whoever does the last adds up the passes. */
function streamPass(job: Job, scratch: usize, index: i32, n0: i32): void {
  const pass = changetype<Pass>(job.passes + <usize>index * offsetof<Pass>());
  const columns = min(job.unitColumns, job.n - n0);
  const panel = scratch + 4 * job.stripBytes;
  const sums = panel + <usize>job.depth * ROWS * 4;
  const width = <usize>((job.unitColumns + 15) & ~15) * 4;
  addPass(job, pass, scratch, panel, sums, width, 0, job.m, n0, columns);
  const partial = job.partial + <usize>index * job.m * job.pitch + <usize>n0 * 4;
  for (let row = 0; row < job.m; row++) {
    memory.copy(partial + <usize>row * job.pitch, sums + <usize>row * width, <usize>columns * 4);
  }
  const at = changetype<usize>(job) + offsetof<Job>('done');
  if (atomic.add<i32>(at, 1) + 1 == job.units) addPasses(job);
}

/** The sums of all passes, in their order. */
function addPasses(job: Job): void {
  const zero = f32x4.splat(0), bytes = <usize>job.m * job.pitch;
  for (let at: usize = 0; at < bytes; at += 16) {
    let group = zero, total = zero;
    let from = job.partial + at;
    for (let index = 0; index < job.passCount; index++, from += bytes) {
      const place = changetype<Pass>(job.passes + <usize>index * offsetof<Pass>()).place;
      group = add<Exact>(place & FIRST ? zero : group, v128.load(from));
      if (place & LAST) total = add<Exact>(place & OPENING ? zero : total, group);
    }
    v128.store(job.out + at, job.canonical ? canonicalNaNs(total) : total);
  }
}

/** At most 4 rows of A, whose panel is the one that `packA` makes. */
function stream(job: Job, scratch: usize, m0: i32, n0: i32, rows: i32, columns: i32): void {
  const width = <usize>((job.unitColumns + 15) & ~15) * 4;
  const strip = scratch;
  const panel = strip + 4 * job.stripBytes;
  const sums = panel + <usize>job.depth * ROWS * 4;
  const group = sums + ROWS * width;
  const out = job.out + <usize>m0 * job.pitch + <usize>n0 * 4;
  const bytes = <usize>((columns + 3) & ~3) * 4;
  for (let index = 0; index < job.passCount; index++) {
    const pass = changetype<Pass>(job.passes + <usize>index * offsetof<Pass>());
    addPass(job, pass, strip, panel, sums, width, m0, rows, n0, columns);
    for (let row = 0; row < rows; row++) {
      const from = sums + <usize>row * width;
      const total = out + <usize>row * job.pitch;
      const grouped = job.oneGroup ? total : group + <usize>row * width;
      for (let at: usize = 0; at < bytes; at += 16) {
        retire<Exact>(v128.load(from + at), grouped + at, total + at, pass.place, <bool>job.canonical);
      }
    }
  }
}

/** A pass's sums, in rows of `width` bytes. */
function addPass(
  job: Job, pass: Pass, strip: usize, panel: usize, sums: usize, width: usize, m0: i32, rows: i32, n0: i32, columns: i32,
): void {
  packA(job, pass, panel, m0, rows, strip);
  memory.fill(sums, 0, <usize>rows * width);
  streamRows(job, pass, panel, n0, rows, columns, strip, sums, width);
}

/** Adds a pass's rows of B, each to the sums of every row of A; of one row of A, all of B's at once. */
function streamRows(
  job: Job, pass: Pass, panel: usize, n0: i32, rows: i32, columns: i32, strip: usize, sums: usize, width: usize,
): void {
  const format = changetype<Format>(job.bFormat), fused = job.arithmetic == FUSED;
  const length = pass.rows * pass.interleave, whole = length / 4;
  const packed = decodesInPlace(format);
  // Rows that lie one after the other, or interleaved by four at most, are evenly apart.
  const fours = rows == 1 && packed && pass.interleave <= 4 ? whole : 1;
  for (let four = 0; four < whole; four += fours) {
    const position = four * 4;
    let row = strip, second = job.stripBytes, third = 2 * second, next: usize = 0;
    if (packed) {
      row = at(job, pass, position, n0);
      second = at(job, pass, position + 1, n0) - row;
      third = at(job, pass, position + 2, n0) - row;
      next = at(job, pass, position + 4, n0) - row;
    } else {
      for (let i = 0; i < 4; i++) rowOfB(job, pass, position + i, n0, columns, strip + i * job.stripBytes);
    }
    for (let i = 0; i < rows; i++) {
      const x = panel + <usize>position * ROWS * 4 + <usize>i * 4;
      addFours(format, fused, fours, x, row, second, third, next, sums + <usize>i * width, columns);
    }
  }
  for (let position = whole * 4; position < length; position++) {
    const row = rowOfB(job, pass, position, n0, columns, strip);
    for (let i = 0; i < rows; i++) {
      addRow(format, panel + <usize>position * ROWS * 4 + <usize>i * 4, row, sums + <usize>i * width, columns);
    }
  }
  for (let i = 0; i < rows; i++) inOrder(format, sums + <usize>i * width, columns);
}

/** Where a row of B begins. */
@inline
function at(job: Job, pass: Pass, position: i32, n0: i32): usize {
  return job.b + (<usize>indexAt(pass, position) * job.n + n0) * changetype<Format>(job.bFormat).size;
}

/** A row of B as float32 or bfloat16. */
@inline
function rowOfB(job: Job, pass: Pass, position: i32, n0: i32, columns: i32, strip: usize): usize {
  const format = changetype<Format>(job.bFormat);
  return widened(format, at(job, pass, position, n0), columns, strip);
}
