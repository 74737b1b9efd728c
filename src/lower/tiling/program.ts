/**
 * From a tiling to its Program, exactly as it says, faults included: each pass is one nc_matmul, preceded by the loads of the
 * tiles that SBUF does not hold yet; a pass that stops its group is followed by the copy out of PSUM, and the last of a tile's
 * groups by the store. Pass 7 makes the instructions p7.load-a, p7.load-b, p7.matmul, p7.copy or p7.add, and p7.store.
 */
import { CHIPS } from '../../chip';
import { Allocator, hbm, onChip } from '../../program';
import type {
  ChipPattern,
  Dim,
  HbmTensor,
  Instruction,
  PsumTensor,
  SbufTensor,
  StraightProgram,
} from '../../program';
import {
  lengthOf,
  scheduleOf,
  sizesOf,
  usedBuffers,
  type Area,
  type Product,
  type Range,
  type Sizes,
  type Step,
  type TilePass,
  type Tiling,
} from '../../verify/tiling';

interface Layout {
  readonly hbm: Readonly<Record<'a' | 'b' | 'out', HbmTensor>>;
  /** All buffers of a kind, one after the other in each partition. */
  readonly a: SbufTensor;
  readonly b: SbufTensor;
  readonly out: SbufTensor;
  readonly sums: SbufTensor | undefined;
  readonly sizes: Sizes;
  /** By first bank. */
  readonly psum: ReadonlyMap<number, PsumTensor>;
}

export function tilingToProgram(tiling: Tiling): StraightProgram {
  const memory = new Allocator(CHIPS[tiling.product.chip]);
  const layout = layOut(memory, tiling);
  const instructions: Instruction[] = [];
  let turn = 0;
  const outBuffers = usedBuffers(tiling).out;
  for (const step of scheduleOf(tiling)) {
    instructions.push(...multiply(step, layout, tiling.product));
    if (step.close === undefined) continue;
    instructions.push(...close(step, layout, tiling.product, turn % outBuffers));
    if (step.close.last) turn++;
  }
  return { chip: tiling.product.chip, tensors: [...memory.tensors, ...layout.psum.values()], instructions };
}

function layOut(memory: Allocator, tiling: Tiling): Layout {
  const { m, n, k, a, b, out, aLayout } = tiling.product;
  const sizes = sizesOf(tiling.passes);
  const used = usedBuffers(tiling);
  const { rows, columns, area } = sizes;
  return {
    hbm: {
      a: memory.hbm({ name: 'a', dtype: a, shape: aLayout === 'k-major' ? [k, m] : [m, k], role: 'input' }),
      b: memory.hbm({ name: 'b', dtype: b, shape: [k, n], role: 'input' }),
      out: memory.hbm({ name: 'out', dtype: out, shape: [m, n], role: 'output' }),
    },
    a: memory.sbuf({ name: 'tiles_a', dtype: a, partitions: rows, elements: used.a * sizes.a }),
    b: memory.sbuf({ name: 'tiles_b', dtype: b, partitions: rows, elements: used.b * sizes.b }),
    out: memory.sbuf({ name: 'tiles_out', dtype: out, partitions: columns, elements: used.out * area }),
    sums:
      used.sums === 0
        ? undefined
        : memory.sbuf({ name: 'sums', dtype: 'float32', partitions: columns, elements: used.sums * area }),
    sizes,
    psum: psumTensors(tiling),
  };
}

/** A tensor for each bank that a pass begins at. Where a tile takes several, a faulty tiling's may overlap: no allocator here. */
function psumTensors({ passes }: Tiling): ReadonlyMap<number, PsumTensor> {
  const tensors = new Map<number, PsumTensor>();
  for (const { m, n, bank } of passes) {
    const held = tensors.get(bank);
    tensors.set(bank, {
      space: 'psum',
      name: `bank${bank}`,
      dtype: 'float32',
      partition: 0,
      partitions: Math.max(held?.partitions ?? 0, lengthOf(m)),
      elements: Math.max(held?.elements ?? 0, lengthOf(n)),
      bank,
    });
  }
  return new Map([...tensors].sort(([one], [other]) => one - other));
}

function* multiply({ index, pass, a, b }: Step, layout: Layout, product: Product): Generator<Instruction> {
  const { m, n, k } = product;
  const id = `p${index}`;
  const stationary = operand(layout.a, a.slot * layout.sizes.a, pass, pass.m);
  const moving = operand(layout.b, b.slot * layout.sizes.b, pass, pass.n);
  if (a.load) {
    const strides = product.aLayout === 'k-major' ? { k: m, columns: 1 } : { k: 1, columns: k };
    yield load(`${id}.load-a`, stationary, layout.hbm.a, pass, pass.m, strides);
  }
  if (b.load) yield load(`${id}.load-b`, moving, layout.hbm.b, pass, pass.n, { k: n, columns: 1 });
  yield {
    opcode: 'nc_matmul',
    id: `${id}.matmul`,
    engine: 'tensor',
    dst: area(psumOf(layout, pass.bank), pass),
    sources: { stationary, moving },
    attributes: { accumulate: !pass.start, performance: pass.doubleRow ? 'double_row' : 'none' },
  };
}

/** A buffer's tile: rows of K on partitions, with double-row both rows of each, columns along the free dimension. */
function operand(
  tensor: SbufTensor,
  offset: number,
  { k, doubleRow }: TilePass,
  columns: Range,
): ChipPattern {
  const width = lengthOf(columns);
  const dims: readonly Dim[] = doubleRow
    ? [
        [width, 2],
        [1, width],
      ]
    : [[1, width]];
  return onChip(tensor, lengthOf(k) / (doubleRow ? 2 : 1), dims, offset);
}

function load(
  id: string,
  dst: ChipPattern,
  tensor: HbmTensor,
  { k, doubleRow }: TilePass,
  columns: Range,
  strides: { readonly k: number; readonly columns: number },
): Instruction {
  const rows = dst.partitions;
  const rowDims: readonly Dim[] = doubleRow
    ? [
        [strides.k, rows],
        [strides.k * rows, 2],
      ]
    : [[strides.k, rows]];
  const src = hbm(tensor, k[0] * strides.k + columns[0] * strides.columns, [
    ...rowDims,
    [strides.columns, lengthOf(columns)],
  ]);
  return { opcode: 'dma_copy', id, engine: 'dma', dst, sources: { src }, attributes: {} };
}

/** A tile's sums, or its elements, in a tensor of one or of many tiles. */
function area(tensor: SbufTensor | PsumTensor, { m, n }: Area, offset = 0): ChipPattern {
  return onChip(tensor, lengthOf(m), [[1, lengthOf(n)]], offset);
}

function psumOf({ psum }: Layout, bank: number): PsumTensor {
  const tensor = psum.get(bank);
  if (tensor === undefined) throw new Error(`Invariant violation: no tensor in bank ${bank}`);
  return tensor;
}

/** Takes a finished group out of PSUM: to the sum of the groups so far, or after the last one to HBM. */
function* close(
  { index, pass, close: ends }: Step,
  layout: Layout,
  product: Product,
  buffer: number,
): Generator<Instruction> {
  if (ends === undefined) return;
  const id = `p${index}`;
  const group = area(psumOf(layout, pass.bank), pass);
  const sum =
    ends.sum === undefined || layout.sums === undefined
      ? undefined
      : area(layout.sums, pass, ends.sum * layout.sizes.area);
  const out = area(layout.out, pass, buffer * layout.sizes.area);
  const dst = ends.last || sum === undefined ? out : sum;
  const common = { engine: 'vector', dst } as const;
  if (ends.first || sum === undefined)
    yield { opcode: 'tensor_copy', id: `${id}.copy`, ...common, sources: { src: group }, attributes: {} };
  else
    yield {
      opcode: 'tensor_tensor',
      id: `${id}.add`,
      ...common,
      sources: { data1: sum, data2: group },
      attributes: { op: 'add' },
    };
  if (!ends.last) return;
  const stored = hbm(layout.hbm.out, pass.m[0] * product.n + pass.n[0], [
    [product.n, lengthOf(pass.m)],
    [1, lengthOf(pass.n)],
  ]);
  yield {
    opcode: 'dma_copy',
    id: `${id}.store`,
    engine: 'dma',
    dst: stored,
    sources: { src: out },
    attributes: {},
  };
}
