/** How much of SBUF and PSUM a Program takes, in a line. */
import { memoryUse } from '../../bench/page/kernel/memory-use';
import type { Program } from '../program';

/** The most that is in use at one time, of all partitions together. */
export function memoryText(program: Program): string {
  const { instructions, spaces } = memoryUse(program);
  const parts = spaces.map(
    ({ space, peak, allPartitions }) =>
      `${space.toUpperCase()} ${bytesText(peak)} of ${bytesText(allPartitions)}`,
  );
  return `${instructions} instructions; at most ${parts.join(', ')} in use at one time.`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

export function bytesText(bytes: number): string {
  const power = bytes === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 2 ** (10 * power)).toPrecision(3))} ${UNITS[power] ?? ''}`;
}
