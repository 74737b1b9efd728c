/**
 * From a plan to its Program. For each block of the output, every pass loads a slab of A and of B, and multiplies all the
 * block's tiles into their PSUM banks; when a group's last pass is done its tiles are copied out, or added to the groups
 * before. Slabs alternate between buffers, so that a load can overlap the pass before it.
 */
import { UserError } from '../../numerics';
import { hbm, MAX_INSTRUCTIONS, onChip } from '../../program';
import type {
  ActivationOp,
  ChipPattern,
  Dim,
  HbmTensor,
  Instruction,
  Pattern,
  PsumTensor,
  SbufTensor,
  StraightProgram,
  WriteOptions,
} from '../../program';
import { counts } from './counts';
import { layoutOf } from './layout';
import type { Layout } from './layout';
import type { MatmulPlan, Pass } from './types';

/** A run of one axis: a block of the output, or a tile within its block. */
interface Span {
  readonly index: number;
  readonly start: number;
  readonly size: number;
}

function split(extent: number, step: number): readonly Span[] {
  return Array.from({ length: Math.ceil(extent / step) }, (_, index) => ({
    index,
    start: index * step,
    size: Math.min(step, extent - index * step),
  }));
}

/** A tile of a block; `slot` says which of the block's PSUM and sum tensors is its own. */
interface Tile {
  readonly id: string;
  readonly slot: number;
  readonly m: Span;
  readonly n: Span;
}

/** What is the same for every block. */
interface Context {
  readonly plan: MatmulPlan;
  readonly layout: Layout;
  /** The buffer whose turn it is. */
  readonly nextA: () => SbufTensor;
  readonly nextB: () => SbufTensor;
  readonly nextC: () => SbufTensor;
  readonly nextOut: () => SbufTensor;
  readonly nextBias: () => SbufTensor;
  readonly nextResidual: () => SbufTensor;
  readonly nextWork: () => SbufTensor;
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined)
    throw new Error(`Invariant violation: tensor ${index} of ${list.length} in a layout`);
  return item;
}

function rotate<T>(buffers: readonly T[]): () => T {
  let turn = 0;
  return () => at(buffers, turn++ % buffers.length);
}

const dma = (id: string, dst: Pattern, src: Pattern): Instruction => ({
  opcode: 'dma_copy',
  id,
  engine: 'dma',
  dst,
  sources: { src },
  attributes: {},
});

const copy = (id: string, dst: ChipPattern, src: ChipPattern, write: WriteOptions): Instruction => ({
  opcode: 'tensor_copy',
  id,
  engine: 'vector',
  dst,
  sources: { src },
  attributes: write,
});

const add = (
  id: string,
  dst: ChipPattern,
  [data1, data2]: readonly [ChipPattern, ChipPattern],
  write: WriteOptions,
): Instruction => ({
  opcode: 'tensor_tensor',
  id,
  engine: 'vector',
  dst,
  sources: { data1, data2 },
  attributes: { op: 'add', ...write },
});

/** One operation on a tile of sums: what it writes, of what, and how the result is rounded. */
type Operation = (dst: ChipPattern, data: ChipPattern, write: WriteOptions) => Instruction;

const multiplied =
  (id: string, by: number): Operation =>
  (dst, data, write) => ({
    opcode: 'tensor_scalar',
    id,
    engine: 'vector',
    dst,
    sources: { data },
    attributes: { op0: 'multiply', operand0: by, ...write },
  });

const activated =
  (id: string, op: ActivationOp): Operation =>
  (dst, data, write) => ({
    opcode: 'activation',
    id,
    engine: 'scalar',
    dst,
    sources: { data },
    attributes: { op, ...write },
  });

/** How the outputs from `element` = m * N + n on are rounded; empty for the default, so that most Programs stay short. */
function outputWrite({ rounding, saturate, seed, n }: MatmulPlan, element: number): WriteOptions {
  return {
    ...(rounding !== 'nearest-even' && { rounding }),
    ...(saturate && { saturate }),
    ...(rounding === 'stochastic' && { seed, element, pitch: n }),
  };
}

/**
 * The rows of one pass in a matrix whose k-th row is `stride` elements after the one before. Row p of the pass is on
 * partition p, and with double-row holds k0 + p and then k0 + rows + p.
 */
function rowDims({ rows, interleave }: Pass, stride: number): readonly Dim[] {
  return interleave === 2
    ? [
        [stride, rows],
        [stride * rows, 2],
      ]
    : [[stride, rows]];
}

/** Columns of a slab in SBUF; with double-row, of both its rows, which are `pitch` apart. */
function slabDims({ interleave }: Pass, pitch: number, columns: number): readonly Dim[] {
  return interleave === 2
    ? [
        [pitch, 2],
        [1, columns],
      ]
    : [[1, columns]];
}

function* passInstructions(
  { plan, layout, nextA, nextB }: Context,
  id: string,
  pass: Pass,
  opens: boolean,
  [m, n]: readonly [Span, Span],
  tiles: readonly Tile[],
): Generator<Instruction> {
  const { block, n: width } = plan;
  const { hbm: tensors, psum } = layout;
  const a = nextA();
  const b = nextB();
  const [strideK, strideM] = plan.aLayout === 'k-major' ? [plan.m, 1] : [1, plan.k];
  const columnsA = (count: number, start = 0) => onChip(a, pass.rows, slabDims(pass, block.m, count), start);
  const columnsB = (count: number, start = 0) => onChip(b, pass.rows, slabDims(pass, block.n, count), start);
  const sourceA = hbm(tensors.a, pass.k0 * strideK + m.start * strideM, [
    ...rowDims(pass, strideK),
    [strideM, m.size],
  ]);
  const sourceB = hbm(tensors.b, pass.k0 * width + n.start, [...rowDims(pass, width), [1, n.size]]);
  yield dma(`${id}.load-a`, columnsA(m.size), sourceA);
  yield dma(`${id}.load-b`, columnsB(n.size), sourceB);
  for (const tile of tiles) {
    yield {
      opcode: 'nc_matmul',
      id: `${id}.${tile.id}`,
      engine: 'tensor',
      dst: onChip(at(psum, tile.slot), tile.m.size, [[1, tile.n.size]]),
      sources: {
        stationary: columnsA(tile.m.size, tile.m.start),
        moving: columnsB(tile.n.size, tile.n.start),
      },
      attributes: { accumulate: !opens, performance: pass.interleave === 2 ? 'double_row' : 'none' },
    };
  }
}

/** Takes a tile's finished group out of PSUM: to the sum of the groups so far or, after the last one, to HBM. */
function* closeGroup(
  { plan, layout, nextC, nextBias, nextResidual, nextWork, nextOut }: Context,
  id: string,
  { first, last }: { readonly first: boolean; readonly last: boolean },
  [m, n]: readonly [Span, Span],
  tile: Tile,
): Generator<Instruction> {
  const { psum, sums, hbm: tensors } = layout;
  const view = (tensor: SbufTensor | PsumTensor) => onChip(tensor, tile.m.size, [[1, tile.n.size]]);
  const column = n.start + tile.n.start;
  const element = (m.start + tile.m.start) * plan.n + column;
  const matrix = (tensor: HbmTensor, pitch = plan.n) =>
    hbm(tensor, pitch === 0 ? column : element, [
      [pitch, tile.m.size],
      [1, tile.n.size],
    ]);
  const group = view(at(psum, tile.slot));
  const addGroup: Operation = (dst, data, write) =>
    add(`${id}.add`, dst, [view(at(sums, tile.slot)), data], write);
  if (!last) {
    const sum = view(at(sums, tile.slot));
    yield first ? copy(`${id}.copy`, sum, group, {}) : addGroup(sum, group, {});
    return;
  }
  const operations: Operation[] = first ? [] : [addGroup];
  const adds = function* (name: string, tensor: SbufTensor, source: Pattern): Generator<Instruction> {
    const addend = view(tensor);
    yield dma(`${id}.load-${name}`, addend, source);
    operations.push((dst, data, write) => add(`${id}.add-${name}`, dst, [data, addend], write));
  };
  if (tensors.c !== undefined) yield* adds('c', nextC(), matrix(tensors.c));
  const { scale, activation, outScale } = plan.epilogue ?? {};
  if (scale !== undefined) operations.push(multiplied(`${id}.scale`, scale));
  if (tensors.bias !== undefined) yield* adds('bias', nextBias(), matrix(tensors.bias, 0));
  if (activation !== undefined) operations.push(activated(`${id}.activate`, activation));
  if (tensors.residual !== undefined) yield* adds('residual', nextResidual(), matrix(tensors.residual));
  if (outScale !== undefined) operations.push(multiplied(`${id}.out-scale`, outScale));
  if (operations.length === 0) operations.push((dst, data, write) => copy(`${id}.copy`, dst, data, write));

  const out = view(nextOut());
  let data = group;
  let between: ChipPattern | undefined;
  for (const [index, operation] of operations.entries()) {
    if (index === operations.length - 1) yield operation(out, data, outputWrite(plan, element));
    else {
      between ??= view(first ? nextWork() : at(sums, tile.slot));
      yield operation(between, data, {});
      data = between;
    }
  }
  yield dma(`${id}.store`, matrix(tensors.out), out);
}

function* blockInstructions(context: Context, m: Span, n: Span): Generator<Instruction> {
  const { passes, tile: size } = context.plan;
  const id = `m${m.index}.n${n.index}`;
  const across = split(n.size, size.n);
  const tiles = split(m.size, size.m).flatMap((tileM) =>
    across.map((tileN) => ({
      id: `t${tileM.index}.${tileN.index}`,
      slot: tileM.index * across.length + tileN.index,
      m: tileM,
      n: tileN,
    })),
  );
  for (const [index, pass] of passes.entries()) {
    const opens = passes[index - 1]?.group !== pass.group;
    yield* passInstructions(context, `${id}.p${index}`, pass, opens, [m, n], tiles);
    if (passes[index + 1]?.group === pass.group) continue;
    const ends = { first: pass.group === passes[0]?.group, last: index === passes.length - 1 };
    for (const tile of tiles) {
      yield* closeGroup(context, `${id}.g${pass.group}.${tile.id}`, ends, [m, n], tile);
    }
  }
}

/**
 * The Program of a plan, with every address: HBM tensors "a" (in the plan's aLayout), "b" [K, N], "c" where the plan
 * accumulates, "bias" [N] and "residual" [M, N] where its epilogue adds them, "out" [M, N].
 *
 * @throws UserError when it would have more than {@link MAX_INSTRUCTIONS} instructions.
 */
export function planToProgram(plan: MatmulPlan): StraightProgram {
  const total = Object.values(counts(plan).instructions).reduce((sum, count) => sum + count, 0);
  if (total > MAX_INSTRUCTIONS) {
    throw new UserError(
      `The Program of ${plan.m} x ${plan.n} x ${plan.k} has ${total} instructions, more than the ${MAX_INSTRUCTIONS} that a Program may have: take a smaller product or larger tiles.`,
    );
  }
  const layout = layoutOf(plan);
  const context: Context = {
    plan,
    layout,
    nextA: rotate(layout.a),
    nextB: rotate(layout.b),
    nextC: rotate(layout.c),
    nextOut: rotate(layout.out),
    nextBias: rotate(layout.bias),
    nextResidual: rotate(layout.residual),
    nextWork: rotate(layout.work),
  };
  const blocksN = split(plan.n, plan.block.n);
  const instructions = split(plan.m, plan.block.m).flatMap((m) =>
    blocksN.flatMap((n) => [...blockInstructions(context, m, n)]),
  );
  return { chip: plan.chip, tensors: layout.tensors, instructions };
}
