/** Random kernels of large tiles, which hardly fit into SBUF: loaded, copied, overwritten in whole and in part, stored and loaded again. */
import fc from 'fast-check';
import type { ChipName } from '../../src/chip';
import { kernel, KernelError, trace, type ChipView, type Issued, type Kernel } from '../../src/kernel';
import type { Program } from '../../src/program';

const PARTITIONS = 1;
export const ROWS = 16;
/** Elements of a partition in tiles that live at a time: with one more that is written, all of SBUF on trn1. */
const ROOM = 29_000;
export const COLUMNS = 16_000;

export interface Move {
  readonly kind: (typeof KINDS)[number];
  readonly elements: number;
  /** Which row, tile, quadrant. */
  readonly row: number;
  readonly pick: number;
  readonly quadrant: number;
}

const KINDS = [
  'load',
  'copy',
  'overwrite',
  'half',
  'work',
  'spill',
  'move',
  'loop',
  'drop',
  'edge',
  'bank',
] as const;

export const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    elements: fc.constantFrom(64, 700, 2000, 5000, 9000, 16000),
    row: fc.nat(ROWS - 1),
    pick: fc.nat(99),
    quadrant: fc.constantFrom(0, 0, 0, 32, 96),
  }),
  { minLength: 5, maxLength: 60, size: 'max' },
);

const pressed = (list: readonly Move[]): Kernel<'x'> =>
  kernel('pressed', ['x'], (nc, { x }) => {
    const y = nc.hbm('y', [PARTITIONS, 16], 'float32');
    const z = nc.scratch('z', [ROWS, COLUMNS], 'float32');
    const live: ChipView[] = [];
    let last: Issued | undefined;
    const width = (tile: ChipView) => tile.shape[1] ?? 0;
    const rowsOf = (row: number) => [row, row + PARTITIONS] as const;
    const made = ({ elements, quadrant }: Move, size = elements): ChipView => {
      while (live.reduce((sum, tile) => sum + width(tile), size) > ROOM) live.shift();
      const tile = nc.sbuf([PARTITIONS, size], 'float32', { partition: quadrant });
      live.push(tile);
      return tile;
    };
    for (const move of list) {
      const { kind, elements, row, pick } = move;
      const source = (size: number) => x.slice(rowsOf(row), [0, size]);
      const tile = live[pick % Math.max(1, live.length)];
      if (kind === 'load' || tile === undefined) nc.dma_copy(made(move), { src: source(elements) });
      else if (kind === 'copy') last = nc.tensor_copy(made(move, width(tile)), { src: tile });
      else if (kind === 'overwrite') nc.dma_copy(tile, { src: source(width(tile)) });
      else if (kind === 'half') nc.dma_copy(tile.slice('all', [0, 32]), { src: source(32) });
      else if (kind === 'work') nc.tensor_scalar(tile, { data: tile, op0: 'multiply', operand0: 0.5 });
      else if (kind === 'move') nc.dma_copy(made(move, width(tile)), { src: tile });
      else if (kind === 'drop') live.splice(pick % live.length, 1);
      else if (kind === 'spill') {
        const place = z.slice(rowsOf(row), [0, width(tile)]);
        nc.dma_copy(place, { src: tile });
        nc.dma_copy(made(move, width(tile)), { src: place });
      } else if (kind === 'loop') {
        nc.fori_loop(0, 2, () => {
          nc.tensor_scalar(tile, { data: tile, op0: 'add', operand0: 1 });
        });
      } else if (kind === 'edge') {
        const loaded = nc.dma_copy(made(move), { src: source(elements) });
        if (last !== undefined) loaded.depends_on(last);
      } else {
        const bank = nc.psum([PARTITIONS, 64], 'float32', { partition: move.quadrant });
        nc.tensor_copy(bank, { src: tile.slice('all', [0, 64]) });
        nc.tensor_copy(tile.slice('all', [0, 64]), { src: bank });
      }
    }
    const final = nc.sbuf([PARTITIONS, 16], 'float32');
    nc.dma_copy(final, { src: live[0]?.slice('all', [0, 16]) ?? x.slice([0, PARTITIONS], [0, 16]) });
    nc.dma_copy(y, { src: final });
  });

/** undefined where the kernel does not fit. */
export function programOf(chip: ChipName, list: readonly Move[]): Program | undefined {
  try {
    return trace(pressed(list), { chip, inputs: { x: { shape: [ROWS, COLUMNS], dtype: 'float32' } } })
      .program;
  } catch (error) {
    if (error instanceof KernelError && error.message.includes('is full')) return undefined;
    throw error;
  }
}
