/**
 * Products: the Program of each product's plan, written into that of the arrays. Operands are loaded from where they lie: the plan's
 * patterns over matrices become patterns over views of them, so that transposed, broadcast and cut operands are moved once.
 */
import type { ChipView, HbmView } from '../../kernel';
import { planToProgram } from '../../lower';
import type { ChipPattern, Dim, HbmPattern, Pattern } from '../../program';
import type { OpOf } from '../graph';
import { planOfProduct } from '../reference/matmul';
import { first, shapeOf, type Strided } from './strided';
import type { Writer } from './writer';

/** A matrix where it lies: the strides of rows and columns as the plan names them, and the pitch by which the plan counts rows. */
interface Matrix {
  readonly at: Strided;
  readonly pitch: number;
}

export function multiply(
  writer: Writer,
  op: OpOf<'matmul'>,
  a: Strided,
  b: Strided,
  dst: Strided,
): void {
  const batch = a.dims.slice(0, -2);
  const [outer, ...rest] = batch;
  if (outer !== undefined) {
    const [, count] = outer;
    const each = rest.reduce((all, [, extent]) => all * extent, 1);
    for (let i = 0; i < count; i++)
      multiply(writer, { ...op, seed: op.seed + i * each }, first(a, i), first(b, i), first(dst, i));
    return;
  }
  const shape = shapeOf(a);
  const plan = planOfProduct(op, { dtype: a.dtype, shape }, b, { dtype: dst.dtype, shape: shapeOf(dst) }, writer.chip);
  const swapped: Strided = { ...b, dims: b.dims.toReversed() };
  const matrices: Readonly<Record<string, Matrix>> = {
    a: { at: a, pitch: shape.at(-1) ?? 1 },
    b: { at: op.bLayout === 'transposed' ? swapped : b, pitch: plan.n },
    out: { at: dst, pitch: plan.n },
  };
  const { tensors, instructions } = planToProgram(plan);
  const onChip = new Map<string, ChipView>();
  for (const { space, name, dtype, ...place } of tensors) {
    if (space === 'hbm' || !('partitions' in place)) continue;
    const { partitions, elements } = place;
    onChip.set(name, writer.nc[space]([partitions, elements], dtype, { name: `${space}_${name}` }));
  }
  const seen = (pattern: Pattern): ChipView | HbmView =>
    pattern.space === 'hbm' ? inHbm(pattern, matrices, plan.aLayout) : chipView(pattern, onChip);
  for (const { opcode, engine, dst: to, sources, attributes } of instructions) {
    const write = writer.nc[opcode] as (to: unknown, options: object) => unknown;
    const operands = Object.entries(sources as Readonly<Record<string, Pattern | undefined>>).flatMap(
      ([name, pattern]) => (pattern === undefined ? [] : [[name, seen(pattern)] as const]),
    );
    const options = { ...Object.fromEntries(operands), ...attributes, engine };
    write(to === undefined ? undefined : seen(to), options);
  }
}

function chipView(
  { tensor, partition, partitions, dims, offset }: ChipPattern,
  onChip: ReadonlyMap<string, ChipView>,
): ChipView {
  const view = onChip.get(tensor);
  if (view === undefined) throw new Error(`Invariant violation: the plan's tensor ${tensor} is not there`);
  return view.ap(dims, { offset, partition, partitions });
}

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
  if (matrix === undefined) throw new Error(`Invariant violation: the plan's tensor ${tensor} is not there`);
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
