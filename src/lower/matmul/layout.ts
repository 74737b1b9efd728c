/** The tensors of a plan's Program, and what they occupy: one list, which the Program and the footprint both read. */
import { CHIPS } from '../../chip';
import { Allocator, tensorBytes } from '../../program';
import type { HbmTensor, PsumTensor, SbufTensor, Tensor } from '../../program';
import { stepsOf } from './epilogue';
import type { MatmulPlan } from './types';

/** Addresses of everything; lists hold one tensor for each buffer, or for each tile of a block. */
export interface Layout {
  readonly hbm: {
    readonly a: HbmTensor;
    readonly b: HbmTensor;
    readonly c: HbmTensor | undefined;
    readonly bias: HbmTensor | undefined;
    readonly residual: HbmTensor | undefined;
    readonly out: HbmTensor;
  };
  /** One pass of a block's rows of A, [rows, interleave, block.m], and of its columns of B, [rows, interleave, block.n]. */
  readonly a: readonly SbufTensor[];
  readonly b: readonly SbufTensor[];
  /** Tiles of the output's format on their way from and to HBM. `c` is empty unless the plan accumulates. */
  readonly c: readonly SbufTensor[];
  readonly out: readonly SbufTensor[];
  /** Tiles of what the epilogue adds, and of its float32 results; empty where it has no such step. */
  readonly bias: readonly SbufTensor[];
  readonly residual: readonly SbufTensor[];
  readonly work: readonly SbufTensor[];
  /** Sums of the groups so far, float32, for each tile of a block; empty when there is one group. */
  readonly sums: readonly SbufTensor[];
  /** Open accumulation groups, for each tile of a block. */
  readonly psum: readonly PsumTensor[];
  readonly tensors: readonly Tensor[];
}

/** Accumulation groups of a plan. */
export function groupsOf(plan: MatmulPlan): number {
  return new Set(plan.passes.map((pass) => pass.group)).size;
}

/** Whether an output has float32 values on their way: those of several groups stay where they are summed. */
const hasWork = (plan: MatmulPlan): boolean =>
  groupsOf(plan) === 1 && stepsOf(plan.epilogue).length + Number(plan.accumulate) > 1;

/** Tiles of a full block along M and N. */
export function tilesOfBlock({ block, tile }: MatmulPlan): { readonly m: number; readonly n: number } {
  return { m: Math.ceil(block.m / tile.m), n: Math.ceil(block.n / tile.n) };
}

export function layoutOf(plan: MatmulPlan): Layout {
  const { m, n, k, tile, block, buffers, epilogue } = plan;
  const memory = new Allocator(CHIPS[plan.chip]);
  const list = <T>(length: number, make: (index: number) => T) =>
    Array.from({ length }, (_, index) => make(index));
  const most = (values: (pass: MatmulPlan['passes'][number]) => number) =>
    plan.passes.reduce((largest, pass) => Math.max(largest, values(pass)), 1);
  const rows = most((pass) => pass.rows);
  const lanes = most((pass) => pass.interleave);
  const tiles = tilesOfBlock(plan).m * tilesOfBlock(plan).n;
  const area = { partitions: tile.m, elements: tile.n };
  const hbm = {
    a: memory.hbm({
      name: 'a',
      dtype: plan.a,
      shape: plan.aLayout === 'k-major' ? [k, m] : [m, k],
      role: 'input',
    }),
    b: memory.hbm({ name: 'b', dtype: plan.b, shape: [k, n], role: 'input' }),
    c: plan.accumulate ? memory.hbm({ name: 'c', dtype: plan.out, shape: [m, n], role: 'input' }) : undefined,
    bias: epilogue?.bias && memory.hbm({ name: 'bias', dtype: epilogue.bias, shape: [n], role: 'input' }),
    residual:
      epilogue?.residual &&
      memory.hbm({ name: 'residual', dtype: epilogue.residual, shape: [m, n], role: 'input' }),
    out: memory.hbm({ name: 'out', dtype: plan.out, shape: [m, n], role: 'output' }),
  };
  const slab = (name: string, dtype: MatmulPlan['a'], columns: number) =>
    memory.sbuf({ name, dtype, partitions: rows, elements: lanes * columns });
  const tilesFor = (name: string, dtype: MatmulPlan['out'] | undefined) =>
    list(dtype === undefined ? 0 : buffers.out, (index) =>
      memory.sbuf({ name: `${name}${index}`, dtype: dtype ?? 'float32', ...area }),
    );
  return {
    hbm,
    a: list(buffers.a, (index) => slab(`a${index}`, plan.a, block.m)),
    b: list(buffers.b, (index) => slab(`b${index}`, plan.b, block.n)),
    c: list(plan.accumulate ? buffers.out : 0, (index) =>
      memory.sbuf({ name: `c${index}`, dtype: plan.out, ...area }),
    ),
    out: list(buffers.out, (index) => memory.sbuf({ name: `out${index}`, dtype: plan.out, ...area })),
    bias: tilesFor('bias', epilogue?.bias),
    residual: tilesFor('residual', epilogue?.residual),
    work: tilesFor('work', hasWork(plan) ? 'float32' : undefined),
    sums: list(groupsOf(plan) > 1 ? tiles : 0, (index) =>
      memory.sbuf({ name: `sum${index}`, dtype: 'float32', ...area }),
    ),
    psum: list(tiles, (index) => memory.psum({ name: `psum${index}`, dtype: 'float32', ...area })),
    tensors: memory.tensors,
  };
}

export interface Footprint {
  /** Bytes of each partition of SBUF, by tensor; `total` is the end of the last one, gaps for alignment included. */
  readonly sbuf: {
    readonly tensors: Readonly<Record<string, number>>;
    readonly total: number;
    readonly usable: number;
  };
  readonly psum: { readonly banks: number; readonly of: number };
}

/** What a plan's Program occupies on chip. */
export function footprint(plan: MatmulPlan): Footprint {
  const { tensors } = layoutOf(plan);
  const chip = CHIPS[plan.chip];
  const sbuf = tensors.filter((tensor) => tensor.space === 'sbuf');
  const bankEnds = tensors
    .filter((tensor) => tensor.space === 'psum')
    .map((tensor) => tensor.bank + Math.ceil(tensorBytes(tensor) / chip.psum.bankBytes));
  return {
    sbuf: {
      tensors: Object.fromEntries(sbuf.map((tensor) => [tensor.name, tensorBytes(tensor)])),
      total: Math.max(...sbuf.map((tensor) => tensor.address + tensorBytes(tensor))),
      usable: chip.sbuf.usableBytes,
    },
    psum: { banks: Math.max(...bankEnds), of: chip.psum.banks },
  };
}
