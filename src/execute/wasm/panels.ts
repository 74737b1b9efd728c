/**
 * B for few rows of A: in the order in which the passes add its rows, in panels of 16 columns (`assembly/stream.ts`). A block of it at a time is
 * brought into the memory as it is given, and into panels there.
 */
import { decodeArray, type Dtype } from '../../numerics';
import { STAGED, STREAMED_WIDTH, type Layout } from './layout';
import type { Instance } from './module';
import { viewOf, writeFormat, type Part } from './operands';

/** Columns of a block at most, which are read in one run. */
const BLOCK = 512;

export function writePanels(
  { memory: { buffer }, exports }: Instance,
  { job, passes, stored, scratch: [stage = 0] }: Layout,
  dtype: Dtype,
  { codes, pitch, first, width }: Part,
): void {
  const widens = stored.b === 'bfloat16' && dtype !== 'bfloat16';
  const source = widens || stored.b === dtype ? codes : new Uint32Array(decodeArray(dtype, codes).buffer);
  const block = viewOf(buffer, widens ? dtype : stored.b, stage, STAGED);
  const size = widens ? 2 : block.BYTES_PER_ELEMENT;
  const from = widens ? stage + STAGED : stage;
  if (widens) writeFormat(buffer, job.bFormat, dtype);
  const line = STREAMED_WIDTH * size;
  for (const { k0, rows, interleave, before } of passes) {
    const length = rows * interleave;
    for (let column = 0; column < width; column += BLOCK) {
      const columns = Math.min(BLOCK, width - column);
      const left = columns % STREAMED_WIDTH;
      const to = job.b + (before * width + length * column) * size;
      const lastTo = to + length * (columns - left) * size;
      const most = Math.floor(STAGED / columns);
      for (let position = 0; position < length; position += most) {
        const count = Math.min(most, length - position);
        for (let index = 0; index < count; index++) {
          const place = position + index;
          const row = k0 + (place % interleave) * rows + Math.floor(place / interleave);
          const at = row * pitch + first + column;
          block.set(source.subarray(at, at + columns), index * columns);
        }
        if (widens) exports.widen(job.bFormat, stage, count * columns, from);
        const panels = (columns - left) / STREAMED_WIDTH;
        const every = columns * size;
        exports.layPanels(from, count, every, panels, line, to + position * line, length * line, line);
        if (left === 0) continue;
        // Whole lines, of which the next one covers what is too much: behind the last panel comes the next pass, or slack.
        const [rest, step] = [from + panels * line, left * size];
        exports.layPanels(rest, count, every, 1, line, lastTo + position * step, 0, step);
      }
    }
  }
}
