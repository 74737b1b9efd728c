/**
 * The WASM executor (AssemblyScript, 128-bit SIMD): threads take units of a product, rectangles of its output, one after the other, until
 * none is left, and compute each pass by pass. Operands lie packed as they were given; a pass's part of them is decoded into panels that
 * stay in cache (tile.ts), or for few rows of A, where it lies in panels already, not at all (stream.ts).
 */
import { flush, isWide, packFourRuns, packLine, widened } from './decode';
import { Exact, FLUSHED, Format, FUSED, Job, Pass } from './job';
import { addOneRow, addTwoRows, WIDTH } from './stream';
import { COLUMNS, multiply, retire, ROWS, TILE_BYTES } from './tile';

export { bytesToUpper as widen } from './bytes';
export { peak, read } from './peak';
export { layPanels } from './stream';

/** Where the memory that the caller may use begins. */
export function base(): usize {
  return (__heap_base + 63) & ~63;
}

/**
 * Does one unit of the job, if any is left, and says whether it did. `scratch` is this thread's own: a tile's sums, four strips for runs of
 * codes, panels of A, `blockRows` x depth, and of B, `unitColumns` x depth, then the sums of a group, `unitRows` x `unitColumns`. Streamed: four
 * strips, a panel of A, then four rows of a pass's sums, and of a group's, each rounded up to 16.
 */
export function step(at: usize, scratch: usize): bool {
  const job = changetype<Job>(at);
  const unit = atomic.add<i32>(at, 1);
  if (unit >= job.units) return false;
  const across = (job.n + job.unitColumns - 1) / job.unitColumns;
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
  const aPanels = strip + 4 * job.stripBytes;
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
  const stride = <usize>pass.interleave * ROWS * 4;
  for (let row = 0; row < count; row += <i32>ROWS, to += panel) {
    for (let part = 0; part < pass.interleave; part++) {
      const k = pass.k0 + part * pass.rows;
      const r0 = runOfA(job, format, m0 + row, k, pass.rows, strip);
      const r1 = runOfA(job, format, m0 + min(row + 1, count - 1), k, pass.rows, strip + job.stripBytes);
      const r2 = runOfA(job, format, m0 + min(row + 2, count - 1), k, pass.rows, strip + 2 * job.stripBytes);
      const r3 = runOfA(job, format, m0 + min(row + 3, count - 1), k, pass.rows, strip + 3 * job.stripBytes);
      packFourRuns(format, r0, r1, r2, r3, pass.rows, to + <usize>part * ROWS * 4, stride);
    }
  }
}

@inline
function runOfA(job: Job, format: Format, row: i32, k: i32, count: i32, strip: usize): usize {
  return widened(format, job.a + (<usize>row * job.k + k) * format.size, count, strip);
}

/** At most 4 rows of A, whose panel is the one that `packA` makes. */
function stream(job: Job, scratch: usize, m0: i32, n0: i32, rows: i32, columns: i32): void {
  const width = <usize>((job.unitColumns + WIDTH - 1) / WIDTH * WIDTH) * 4;
  const strip = scratch;
  const panel = strip + 4 * job.stripBytes;
  const sums = panel + <usize>job.depth * ROWS * 4;
  const group = sums + ROWS * width;
  const out = job.out + <usize>m0 * job.pitch + <usize>n0 * 4;
  const bytes = <usize>((columns + 3) & ~3) * 4;
  for (let index = 0; index < job.passCount; index++) {
    const pass = changetype<Pass>(job.passes + <usize>index * offsetof<Pass>());
    packA(job, pass, panel, m0, rows, strip);
    streamPass(job, pass, strip, panel, sums, width, n0, rows, columns);
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

/** A pass's sums, in rows of `width` bytes. Its panels lie one after the other; those of one half are read beside those of the other. */
function streamPass(
  job: Job, pass: Pass, strip: usize, a: usize, sums: usize, width: usize, n0: i32, rows: i32, columns: i32,
): void {
  const format = changetype<Format>(job.bFormat);
  const length = pass.rows * pass.interleave, panel = length * WIDTH;
  const b = job.b + (<usize>pass.before * job.n + <usize>length * n0) * format.size;
  const whole = columns / WIDTH, half = whole >> 1;
  const gap = <usize>(half * panel) * format.size, away = <usize>(half * WIDTH) * 4;
  for (let index = 0; index < half; index++) {
    const from = b + <usize>(index * panel) * format.size;
    const left = widened(format, from, panel, strip), right = widened(format, from + gap, panel, strip + job.stripBytes);
    streamPanels(job, a, length, rows, left, right - left, WIDTH, sums + <usize>index * WIDTH * 4, away, width);
  }
  // One that has no other beside it, and what is left of columns.
  for (let column = 2 * half * WIDTH; column < columns; column += WIDTH) {
    const wide = min(WIDTH, columns - column);
    const from = widened(format, b + <usize>(column * length) * format.size, length * wide, strip);
    streamPanels(job, a, length, rows, from, 0, wide, sums + <usize>column * 4, 0, width);
  }
}

/** Two panels of B, or one, which then lies at no distance from itself. */
@inline
function streamPanels(
  job: Job, a: usize, length: i32, rows: i32, b: usize, gap: usize, wide: i32, sums: usize, away: usize, width: usize,
): void {
  const format = changetype<Format>(job.bFormat), fused = job.arithmetic == FUSED;
  const end = a + <usize>length * ROWS * 4, step = <usize>wide * (isWide(format) ? 4 : 2);
  let row = 0;
  for (; row + 1 < rows; row += 2) {
    const x = a + <usize>row * 4, to = sums + <usize>row * width;
    addTwoRows(format, fused, x, end, b, step, to, width);
    if (gap != 0) addTwoRows(format, fused, x, end, b + gap, step, to + away, width);
  }
  if (row < rows) addOneRow(format, fused, a + <usize>row * 4, end, b, gap, step, sums + <usize>row * width, away);
}
