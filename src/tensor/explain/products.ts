/**
 * Products: the Program of each product's plan, written into that of the arrays. Operands are loaded from where they lie: the plan's
 * patterns over matrices become patterns over views of them, so that transposed, broadcast and cut operands are moved once.
 */
import type { ChipView, HbmView } from '../../kernel';
import type { ChipName } from '../../chip';
import { planToProgram, type MatmulPlan } from '../../lower';
import type { Dtype } from '../../numerics';
import type { ChipPattern, Dim, HbmPattern, Pattern, Tensor } from '../../program';
import type { OpOf, Shape } from '../graph';
import { planOfProduct } from '../reference/matmul';
import { shapeOf, tileOf, type Strided, type TilePlace } from './strided';
import type { Writer } from './writer';

/** A matrix where it lies: the strides of rows and columns as the plan names them, and the pitch by which the plan counts rows. */
interface Matrix {
  readonly at: Strided;
  readonly pitch: number;
}

/** The result of products: as a node has it. */
interface Result {
  readonly dtype: Dtype;
  readonly shape: Shape;
}

/** What becomes of a finished tile in SBUF. */
export type Finish = (tile: ChipView, at: TilePlace) => void;

/** Columns of a tile at most. */
export const tileColumns = (
  op: OpOf<'matmul'>,
  a: Strided,
  b: Strided,
  result: Result,
  chip: ChipName,
): number => planOfProduct(op, { dtype: a.dtype, shape: shapeOf(a) }, b, result, chip).tile.n;

export function multiply(
  writer: Writer,
  op: OpOf<'matmul'>,
  a: Strided,
  b: Strided,
  result: Result,
  finish: Finish,
): void {
  const batch = a.dims.slice(0, -2).reduce((all, [, count]) => all * count, 1);
  for (let i = 0; i < batch; i++) {
    const plan = planOfProduct(op, { dtype: a.dtype, shape: shapeOf(a) }, b, result, writer.chip, i);
    writePlan(writer, plan, { a: matrixOf(a, i), b: matrixOf(b, i) }, op.bLayout, (tile, at) => {
      finish(tile, { ...at, batch: i });
    });
  }
}

/** One of a batch. */
const matrixOf = (x: Strided, batch: number): Strided => {
  const [rows = 1, columns = 1] = shapeOf(x).slice(-2);
  return tileOf(x, { batch, row: 0, column: 0, rows, columns });
};

function writePlan(
  writer: Writer,
  plan: MatmulPlan,
  { a, b }: { readonly a: Strided; readonly b: Strided },
  bLayout: OpOf<'matmul'>['bLayout'],
  finish: (tile: ChipView, at: Omit<TilePlace, 'batch'>) => void,
): void {
  const matrices: Readonly<Record<string, Matrix>> = {
    a: { at: a, pitch: shapeOf(a).at(-1) ?? 1 },
    b: { at: bLayout === 'transposed' ? { ...b, dims: b.dims.toReversed() } : b, pitch: plan.n },
  };
  const { tensors, instructions } = planToProgram(plan);
  const onChip = new OnChip(writer, tensors);
  const seen = (pattern: Pattern): ChipView | HbmView =>
    pattern.space === 'hbm' ? inHbm(pattern, matrices, plan.aLayout) : onChip.view(pattern);
  for (const { opcode, engine, dst, sources, attributes } of instructions) {
    if (opcode === 'dma_copy' && dst.space === 'hbm') {
      const [[, rows] = [0, 1], [, columns] = [0, 1]] = dst.dims;
      const [row, column] = [Math.floor(dst.offset / plan.n), dst.offset % plan.n];
      if (sources.src.space !== 'hbm') finish(onChip.view(sources.src), { row, column, rows, columns });
      continue;
    }
    const write = writer.nc[opcode] as (to: unknown, options: object) => unknown;
    const operands = Object.entries(sources as Readonly<Record<string, Pattern | undefined>>).flatMap(
      ([name, pattern]) => (pattern === undefined ? [] : [[name, seen(pattern)] as const]),
    );
    const options = { ...Object.fromEntries(operands), ...attributes, engine };
    write(dst === undefined ? undefined : seen(dst), options);
  }
}

/** The plan's tensors in SBUF and PSUM, each made when it is used first. */
class OnChip {
  readonly #writer: Writer;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #views = new Map<string, ChipView>();

  constructor(writer: Writer, tensors: readonly Tensor[]) {
    this.#writer = writer;
    this.#tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  view({ tensor: name, partition, partitions, dims, offset }: ChipPattern): ChipView {
    let view = this.#views.get(name);
    if (view === undefined) {
      const tensor = this.#tensors.get(name);
      if (tensor === undefined || tensor.space === 'hbm') throw missing(name);
      const shape = [tensor.partitions, tensor.elements];
      view = this.#writer.nc[tensor.space](shape, tensor.dtype, { name });
      this.#views.set(name, view);
    }
    return view.ap(dims, { offset, partition, partitions });
  }
}

const missing = (name: string): Error =>
  new Error(`Invariant violation: the plan's tensor ${name} is not there`);

/**
 * The plan counts elements of a dense matrix, rows a pitch apart: the same rows and columns of the view. Its patterns step along the
 * moving (of A the stationary) axis last, and along the other one before.
 */
function inHbm(
  { tensor, offset, dims }: HbmPattern,
  matrices: Readonly<Record<string, Matrix>>,
  aLayout: 'row-major' | 'k-major',
): HbmView {
  const matrix = matrices[tensor];
  if (matrix === undefined) throw missing(tensor);
  const { at, pitch } = matrix;
  const [[rowStride] = [0], [columnStride] = [0]] = at.dims;
  const lastIsRow = tensor === 'a' && aLayout === 'row-major';
  const moved = dims.map(([stride, count], i): Dim => {
    const isRow = (i === dims.length - 1) === lastIsRow;
    return [isRow ? (stride / pitch) * rowStride : stride * columnStride, count];
  });
  const [row, column] = [Math.floor(offset / pitch), offset % pitch];
  return at.tensor.ap(moved, {
    offset: at.offset + row * rowStride + column * columnStride,
    dtype: at.dtype,
  });
}
