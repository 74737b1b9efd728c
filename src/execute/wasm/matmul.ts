/**
 * The WASM checker: the sums of the reference loop, bit for bit, fast enough to check large products. TypeScript packs
 * operands into float32 panels and walks the window in blocks, so that memory stays bounded; `assembly/` multiplies.
 */
import bytes from '../../../build/matmul.wasm';
import type { MatmulPlan } from '../../lower';
import { codeArray, decodeArray, UserError } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import type { MatmulOperands, MatmulOptions, SubnormalMode } from '../matmul';
import { ARITHMETIC, checkOperands, finishSums, groupPasses, wholeOutput } from '../reference/matmul';

/** out[M, N] (or its window, row-major) as codes. UserError when operands or window do not fit the plan, or memory ends. */
export type WasmMatmul = (plan: MatmulPlan, operands: MatmulOperands, options?: MatmulOptions) => CodeArray;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly base: () => number;
  readonly multiply: (...args: [...numbers: number[], flush: boolean]) => void;
}

/** Rows of A and columns of B to a panel, as in `assembly/matmul.ts`. */
const PANEL = { a: 4, b: 8 } as const;
/** Rows or columns to a block at most: enough to repay packing, few enough for a pass's panels to stay in cache. */
const BLOCK = 1024;
/** Elements of one packed operand block that a longer K does not exceed (64 MiB), down to a single panel. */
const BLOCK_ELEMENTS = 2 ** 24;
const PAGE = 65536;

/** Compiles the checker. Each one keeps one memory, which grows to the largest block met (some 140 MiB for K <= 2^21). */
export async function createWasmMatmul(): Promise<WasmMatmul> {
  const { instance } = await WebAssembly.instantiate(bytes);
  const wasm = instance.exports as unknown as Exports;
  return (plan, operands, options = {}) =>
    finishSums(plan, operands, sums(wasm, plan, operands, options), options);
}

function sums(
  { memory, base, multiply }: Exports,
  plan: MatmulPlan,
  operands: MatmulOperands,
  { window = wholeOutput(plan), subnormals = 'exact' }: MatmulOptions,
): Float32Array<ArrayBuffer> {
  checkOperands(plan, operands, window);
  const { m0, m1, n0, n1 } = window;
  const { order, passes } = schedule(plan);
  const k = order.length;
  const mBlock = blockExtent(m1 - m0, k, PANEL.a);
  const nBlock = blockExtent(n1 - n0, k, PANEL.b);
  const at = layOut(base(), {
    passes: passes.length,
    group: mBlock * nBlock,
    total: mBlock * nBlock,
    a: mBlock * k,
    b: nBlock * k,
  });
  reserve(memory, at.end, plan);
  new Int32Array(memory.buffer, at.passes, passes.length).set(passes);

  const pack = (side: 'a' | 'b', codes: CodeArray, stride: Strides, first: number, count: number): void => {
    const panel = PANEL[side];
    const view = new Float32Array(memory.buffer, at[side], Math.ceil(count / panel) * panel * k);
    for (let done = 0; done < count; done += panel) {
      const lanes = Math.min(panel, count - done);
      const gathered = gather(plan[side], codes, order, stride, first + done, lanes, panel);
      view.set(decoded(plan[side], gathered, subnormals), done * k);
    }
  };
  const aStride = plan.aLayout === 'row-major' ? { lane: plan.k, k: 1 } : { lane: 1, k: plan.m };
  const bStride = { lane: 1, k: plan.n };

  const result = new Float32Array((m1 - m0) * (n1 - n0));
  for (let n = n0; n < n1; n += nBlock) {
    const columns = Math.min(nBlock, n1 - n);
    const bPanels = Math.ceil(columns / PANEL.b);
    pack('b', operands.b, bStride, n, columns);
    for (let m = m0; m < m1; m += mBlock) {
      const rows = Math.min(mBlock, m1 - m);
      const aPanels = Math.ceil(rows / PANEL.a);
      if (n === n0 || rows < m1 - m0) pack('a', operands.a, aStride, m, rows);
      const total = new Float32Array(memory.buffer, at.total, mBlock * nBlock).fill(0);
      multiply(
        ...[at.a, at.b, at.group, at.total, at.passes, passes.length / 3, aPanels, bPanels, k],
        subnormals === 'ftz',
      );
      for (let row = 0; row < rows; row++) {
        const start = row * bPanels * PANEL.b;
        result.set(total.subarray(start, start + columns), (m - m0 + row) * (n1 - n0) + n - n0);
      }
    }
  }
  return result;
}

/** Contraction indices in the order in which they add, and the pass table of `assembly/matmul.ts`. */
function schedule(plan: MatmulPlan): { order: Uint32Array; passes: number[] } {
  const groups = groupPasses(plan);
  const order = groups
    .flat()
    .flatMap(({ k0, rows, interleave }) =>
      Array.from(
        { length: rows * interleave },
        (_, i) => k0 + (i % interleave) * rows + Math.floor(i / interleave),
      ),
    );
  const passes = groups.flatMap((group) =>
    group.flatMap(({ rows, interleave }, i) => [
      rows * interleave,
      Number(i === 0),
      Number(i === group.length - 1),
    ]),
  );
  return { order: Uint32Array.from(order), passes };
}

function blockExtent(extent: number, k: number, panel: number): number {
  const affordable = Math.max(panel, Math.floor(BLOCK_ELEMENTS / k / panel) * panel);
  return Math.min(Math.ceil(extent / panel) * panel, affordable, BLOCK);
}

/** Byte addresses of consecutive regions, given in 4-byte elements, each on a cache line. */
function layOut<Region extends string>(
  start: number,
  elements: Readonly<Record<Region, number>>,
): Record<Region | 'end', number> {
  const addresses: Record<string, number> = {};
  let end = start;
  for (const [region, count] of Object.entries<number>(elements)) {
    addresses[region] = end;
    end += Math.ceil((count * 4) / 64) * 64;
  }
  return { ...addresses, end } as Record<Region | 'end', number>;
}

function reserve(memory: WebAssembly.Memory, end: number, { k }: MatmulPlan): void {
  const missing = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch {
    throw new UserError(
      `The WASM checker requires ${end} bytes for panels of K = ${k}; received no more than ` +
        `${memory.buffer.byteLength} of the 4 GiB that WASM can have. Split K over several products.`,
    );
  }
}

interface Strides {
  readonly lane: number;
  readonly k: number;
}

/** One panel of codes, [k][lanes]; lanes beyond the operand are zero codes, whose sums nobody reads. */
function gather(
  dtype: Dtype,
  codes: CodeArray,
  order: Uint32Array,
  stride: Strides,
  first: number,
  lanes: number,
  panel: number,
): CodeArray {
  const gathered = codeArray(dtype, order.length * panel);
  let to = 0;
  for (const k of order) {
    const from = first * stride.lane + k * stride.k;
    for (let lane = 0; lane < lanes; lane++) gathered[to + lane] = codes[from + lane * stride.lane] ?? 0;
    to += panel;
  }
  return gathered;
}

function decoded(dtype: Dtype, codes: CodeArray, subnormals: SubnormalMode): Float32Array {
  const values = decodeArray(dtype, codes);
  return subnormals === 'exact' ? values : values.map(ARITHMETIC[subnormals].input);
}
