/** Do the memories suffice, and when are they fullest? SBUF by the schedule of buffers, PSUM by the groups that are open. */
import { CHIPS } from '../../chip';
import { bytesOf, SBUF_ALIGN } from '../../program';
import type { Groups } from './groups';
import { scheduleOf, sizesOf, usedBuffers } from './schedule';
import { areaText, type Area, type Tiling } from './types';

export interface Memory {
  readonly right: boolean;
  readonly sbuf: {
    /** Bytes of a partition when it is fullest, those usable, and the pass at which it first is. */
    readonly bytes: number;
    readonly usable: number;
    readonly pass: number;
    /** What lives there then. */
    readonly holds: readonly Holding[];
  };
  readonly psum: {
    readonly banks: number;
    readonly of: number;
    readonly pass: number;
    /** Tiles whose groups are open then, the first of them. */
    readonly tiles: readonly Area[];
  };
  readonly problems: readonly string[];
}

export interface Holding {
  readonly what: string;
  readonly count: number;
  /** Of each, in a partition. */
  readonly bytes: number;
}

/** SBUF as a Program of ours lays it out, all of whose tensors live throughout. */
export type SbufUse = Memory['sbuf'];

export function sbufOf(tiling: Tiling): SbufUse {
  const { a, b, out, chip } = tiling.product;
  const sizes = sizesOf(tiling.passes);
  const used = usedBuffers(tiling);
  let [most, pass] = [0, 0];
  for (const { index, waiting } of scheduleOf(tiling)) if (waiting > most) [most, pass] = [waiting, index];
  const holds = [
    { what: 'tiles of A', count: used.a, bytes: sizes.a * bytesOf(a) },
    { what: 'tiles of B', count: used.b, bytes: sizes.b * bytesOf(b) },
    { what: 'tiles of the output', count: used.out, bytes: sizes.area * bytesOf(out) },
    { what: 'sums of groups', count: used.sums, bytes: sizes.area * 4 },
  ].filter(({ count }) => count > 0);
  const bytes = holds.reduce((sum, held) => align(sum) + held.count * held.bytes, 0);
  return { bytes, usable: CHIPS[chip].sbuf.usableBytes, pass, holds };
}

const align = (bytes: number): number => Math.ceil(bytes / SBUF_ALIGN) * SBUF_ALIGN;

export function memoryOf(sbuf: SbufUse, { peak }: Groups, chip: Tiling['product']['chip']): Memory {
  const of = CHIPS[chip].psum.banks;
  const problems = [
    ...(sbuf.bytes > sbuf.usable
      ? [
          `SBUF has ${sbuf.usable} usable bytes a partition on ${chip}; at pass ${sbuf.pass} it must hold ${sbuf.bytes}: ${holdsText(sbuf)}. Take fewer buffers or smaller tiles, or let more passes add into one group.`,
        ]
      : []),
    ...(peak.banks > of
      ? [
          `PSUM has ${of} banks; at pass ${peak.pass} open groups take ${peak.banks}, among them those of ${peak.tiles.slice(0, 3).map(areaText).join('; ')}. Let the loop along K run inside of those along M and N, block M and N, or close groups sooner ("group").`,
        ]
      : []),
  ];
  return { right: problems.length === 0, sbuf, psum: { ...peak, of }, problems };
}

/** What SBUF holds, and what lies between, so that the figures add up to all of its bytes. */
export function holdsText({ holds, bytes: all }: SbufUse): string {
  const between = all - holds.reduce((sum, { count, bytes }) => sum + count * bytes, 0);
  return [
    ...holds.map(({ what, count, bytes }) => {
      const words = count === 1 ? what.replace(/^(\w+)s\b/, '$1') : what;
      return `${count} ${words} of ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
    }),
    ...(between > 0 ? [`${between} between them, since tensors begin at multiples of ${SBUF_ALIGN}`] : []),
  ].join(', ');
}
