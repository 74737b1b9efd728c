/** Draws DMA: copies, sums and transpositions between HBM and SBUF, with indices too. */
import type { EngineName } from '../../../src/chip';
import { bitsOf, isPacked, type Dtype } from '../../../src/numerics';
import { elementsOf } from '../../../src/program';
import type { ChipPattern, DmaOpcode, HbmPattern, Pattern } from '../../../src/program';
import type { Draft } from '../draft';
import type { Draw } from './draw';

const ENGINES: readonly EngineName[] = ['sync', 'dma', 'scalar', 'gpsimd'];
const MOST = 4096;

interface Extent {
  readonly partitions: number;
  readonly width: number;
}

/** Small enough for HBM patterns, whose elements all lie one after another. */
function extentOf(draft: Draft): Extent {
  const { partitions, width } = draft.shape();
  return { partitions, width: Math.max(1, Math.min(width, Math.floor(MOST / partitions))) };
}

/** DMA moves whatever the chip has a format for. */
const movable = (draft: Draft): readonly Dtype[] => [...draft.dtypes, ...draft.chip.packed];
const convertible = (draft: Draft, dtype: Dtype) => (isPacked(dtype) ? [dtype] : draft.dtypes);

const sbuf = { spaces: ['sbuf'], anyStart: true } as const;

function anySource(draft: Draft, extent: Extent, dtypes: readonly Dtype[]): Pattern {
  if (draft.choices.oneIn(2)) return draft.hbmSource({ count: extent.partitions * extent.width, dtypes });
  return draft.source({ ...extent, dtypes, ...sbuf });
}

function anyTarget(draft: Draft, extent: Extent, dtypes: readonly Dtype[]): Pattern {
  if (draft.choices.oneIn(2)) return draft.hbmTarget({ count: extent.partitions * extent.width, dtypes });
  return draft.target({ ...extent, dtypes, ...sbuf });
}

/** Indices for the steps of an operand's outermost dimension, or one that moves all of it. */
interface Indexed {
  readonly pattern: HbmPattern;
  readonly index: ChipPattern;
  readonly stride: number;
  readonly skips: boolean;
}

/** Of a pattern in HBM, as rows of `width` elements of a table. */
function indexed(
  draft: Draft,
  pattern: HbmPattern,
  { partitions, width }: Extent,
  unique: boolean,
): Indexed | undefined {
  const { choices } = draft;
  const rows = Math.floor(draft.elementsBehind(pattern) / width);
  if (rows < 1) return undefined;
  const single = choices.oneIn(4);
  if (single && rows < partitions) return undefined;
  const skips = choices.oneIn(3);
  const reach = single ? rows - partitions + 1 : rows;
  const count = skips || choices.oneIn(40) ? 2 * reach : reach;
  const seed = choices.below(1000);
  const content =
    unique && choices.oneIn(2)
      ? ({ kind: 'ordered', seed } as const)
      : ({ kind: 'below', count, seed } as const);
  const index = draft.source({
    partitions: single ? 1 : partitions,
    width: 1,
    dtypes: ['uint32', 'int32'],
    spaces: ['sbuf'],
    start: choices.below(129 - partitions),
    anyStart: true,
    content,
  });
  const dims = single ? ([[width, partitions], [1, width]] as const) : ([[0, partitions], [1, width]] as const); // prettier-ignore
  const { space, tensor, dtype } = pattern;
  return { pattern: { space, tensor, dtype, offset: 0, dims }, index, stride: width, skips };
}

const skipping = (...sides: readonly (Indexed | undefined)[]) =>
  sides.some((side) => side?.skips === true) ? ({ oob_mode: 'skip' } as const) : {};

const copy: Draw = (draft) => {
  const { choices } = draft;
  const extent = extentOf(draft);
  const count = extent.partitions * extent.width;
  const engine = choices.of(ENGINES);
  if (choices.oneIn(3)) {
    indexedCopy(draft, extent);
    return;
  }
  const src = anySource(draft, extent, movable(draft));
  const same = choices.oneIn(2) ? [src.dtype] : convertible(draft, src.dtype);
  const dst = count === elementsOf(src) ? anyTarget(draft, extent, same) : src;
  draft.add({ opcode: 'dma_copy', engine, dst, sources: { src }, attributes: {} });
};

function indexedCopy(draft: Draft, extent: Extent): void {
  const { choices } = draft;
  const count = extent.partitions * extent.width;
  const gathers = choices.oneIn(2);
  const both = choices.oneIn(4);
  const dtypes = draft.dtypes;
  if (gathers || both) {
    const from = indexed(draft, draft.hbmSource({ count, dtypes }), extent, false);
    if (from === undefined) return;
    const to = both ? indexed(draft, draft.hbmTarget({ count, dtypes }, true), extent, false) : undefined;
    const dst = to?.pattern ?? draft.target({ ...extent, dtypes, ...sbuf, partly: true });
    draft.add(
      {
        opcode: 'dma_copy',
        engine: 'gpsimd',
        dst,
        sources: { src: from.pattern, src_index: from.index, ...(to && { dst_index: to.index }) },
        attributes: { src_stride: from.stride, ...(to && { dst_stride: to.stride }), ...skipping(from, to) },
      },
      { partly: true },
    );
    return;
  }
  const src = anySource(draft, extent, dtypes);
  const to = indexed(draft, draft.hbmTarget({ count, dtypes }, true), extent, false);
  if (to === undefined) return;
  draft.add(
    {
      opcode: 'dma_copy',
      engine: 'gpsimd',
      dst: to.pattern,
      sources: { src, dst_index: to.index },
      attributes: { dst_stride: to.stride, ...skipping(to) },
    },
    { partly: true },
  );
}

const SOURCES = ['src0', 'src1', 'src2', 'src3'] as const;

/** Its addresses are known before the run. */
const still = <P extends Pattern>(pattern: P): P => {
  const { registers, ...rest } = pattern;
  return registers === undefined ? pattern : (rest as unknown as P);
};

const compute: Draw = (draft) => {
  const { choices } = draft;
  const extent = extentOf(draft);
  if (choices.oneIn(3)) {
    indexedCompute(draft, extent);
    return;
  }
  const names = SOURCES.slice(0, choices.between(1, SOURCES.length));
  const sources = Object.fromEntries(
    names.map((name) => [name, still(anySource(draft, extent, draft.dtypes))]),
  );
  const dst = still(anyTarget(draft, extent, draft.dtypes));
  const { src0, ...more } = sources;
  if (src0 === undefined) return;
  draft.add({
    opcode: 'dma_compute',
    engine: choices.of(ENGINES),
    dst,
    sources: { src0, ...more },
    attributes: { reduce_op: 'add', ...(choices.oneIn(2) && { scales: names.map(() => draft.constant()) }) },
  });
};

function indexedCompute(draft: Draft, extent: Extent): void {
  const { choices } = draft;
  const count = extent.partitions * extent.width;
  const { dtypes } = draft;
  const scatters = choices.oneIn(2);
  const repeats = choices.oneIn(3) ? { unique_indices: choices.oneIn(2) } : {};
  const table = scatters ? draft.hbmTarget({ count, dtypes }, true) : draft.hbmSource({ count, dtypes });
  const side = indexed(draft, table, extent, true);
  if (side === undefined) return;
  const { pattern, index, stride } = side;
  if (scatters) {
    const src1 = still(draft.source({ ...extent, dtypes, ...sbuf }));
    draft.add(
      {
        opcode: 'dma_compute',
        engine: 'gpsimd',
        dst: pattern,
        sources: { src0: pattern, src1, dst_index: index, src_index: index },
        attributes: {
          reduce_op: 'add',
          ...repeats,
          dst_stride: stride,
          src_stride: stride,
          ...skipping(side),
        },
      },
      { partly: true },
    );
    return;
  }
  const dst = still(draft.target({ ...extent, dtypes, ...sbuf, partly: true }));
  draft.add(
    {
      opcode: 'dma_compute',
      engine: 'gpsimd',
      dst,
      sources: { src0: pattern, src1: dst, src_index: index },
      attributes: { reduce_op: 'add', ...repeats, src_stride: stride, ...skipping(side) },
    },
    { partly: true },
  );
}

const AXES = { 2: [1, 0], 3: [2, 1, 0], 4: [3, 1, 2, 0] } as const;

const transpose: Draw = (draft) => {
  const { choices } = draft;
  const { partitions: last, width: first } = extentOf(draft);
  const dtypes = draft.dtypes.filter((dtype) => bitsOf(dtype) >= 16);
  if (choices.oneIn(4)) {
    gatheredTranspose(
      draft,
      last,
      dtypes.filter((dtype) => bitsOf(dtype) === 16),
    );
    return;
  }
  const middle = choices.of([[], [1], [2], [3], [2, 2], [1, 3]] as const);
  const between = middle.reduce((product: number, extent) => product * extent, 1);
  const hbm = choices.oneIn(2);
  const counts = hbm ? [first, ...middle, last] : [...middle, last];
  const flat = hbm
    ? draft.hbmSource({ count: first * between * last, dtypes, rank: 1 })
    : draft.source({ partitions: first, width: between * last, dtypes, ...sbuf, rank: 1 });
  const [[stride] = [1]] = flat.dims;
  let step = stride;
  const dims = counts.toReversed().map((extent) => {
    const dim = [step, extent] as const;
    step *= extent;
    return dim;
  });
  const src = { ...flat, dims: dims.toReversed() };
  const dst = draft.target({ partitions: last, width: between * first, dtypes: [flat.dtype], ...sbuf });
  const axes = AXES[(middle.length + 2) as keyof typeof AXES];
  draft.add({
    opcode: 'dma_transpose',
    engine: choices.of(ENGINES),
    dst,
    sources: { src },
    attributes: { axes },
  });
};

function gatheredTranspose(draft: Draft, last: number, dtypes: readonly Dtype[]): void {
  const { choices } = draft;
  const rows = 16 * choices.between(1, 2);
  const table = draft.hbmSource({ count: rows * last, dtypes });
  const held = Math.floor(draft.elementsBehind(table) / last);
  const skips = choices.oneIn(3);
  const content = { kind: 'below', count: skips ? 2 * held : held, seed: choices.below(1000) } as const;
  const index = draft.source({ partitions: rows, width: 1, dtypes: ['uint32'], spaces: ['sbuf'], content });
  const dst = draft.target({ partitions: last, width: rows, dtypes: [table.dtype], ...sbuf, partly: true });
  const { space, tensor, dtype } = table;
  draft.add(
    {
      opcode: 'dma_transpose',
      engine: 'gpsimd',
      dst,
      sources: { src: { space, tensor, dtype, offset: 0, dims: [[0, rows], [1, last]] }, src_index: index }, // prettier-ignore
      attributes: { axes: [1, 0], src_stride: last, ...(skips && { oob_mode: 'skip' as const }) },
    },
    { partly: true },
  );
}

export const DMA_STEPS = {
  dma_copy: copy,
  dma_compute: compute,
  dma_transpose: transpose,
} as const satisfies Record<DmaOpcode, Draw>;
