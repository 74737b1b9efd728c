/**
 * The WASM checker: the reference loop's result, bit for bit, fast enough to check large products. It walks the window
 * in blocks, and each block pass by pass, so that memory stays bounded and in cache: `panels.ts` packs the operands of a
 * pass, `assembly/matmul.ts` multiplies them.
 */
import bytes from '../../../build/matmul.wasm';
import type { MatmulPlan } from '../../lower';
import { UserError, type CodeArray } from '../../numerics';
import type { MatmulOperands, MatmulOptions } from '../matmul';
import { checkOperands, finishSums, groupPasses, wholeOutput } from '../reference/matmul';
import { LANES, pack, panelDepth, passLength, type Side } from './panels';

/** out[M, N] (or its window, row-major) as codes. UserError when operands or window do not fit the plan. */
export type WasmMatmul = (plan: MatmulPlan, operands: MatmulOperands, options?: MatmulOptions) => CodeArray;

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly base: () => number;
  readonly multiply: (...args: [...numbers: number[], first: boolean, last: boolean, flush: boolean]) => void;
}

/** Rows or columns to a block at most: enough to repay packing, few enough for a pass's panels to stay in cache. */
const BLOCK = 1024;
const PAGE = 65536;

/** Compiles the checker. Its one memory is kept from call to call and stays below 11 MiB (passes of up to 256 products). @throws UserError where WebAssembly is refused. */
export async function createWasmMatmul(): Promise<WasmMatmul> {
  const { instance } = await WebAssembly.instantiate(bytes).catch((error: unknown) => {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new UserError(
      `The CPU checker needs WebAssembly with SIMD, which is refused here: where the page has a Content-Security-Policy, add 'wasm-unsafe-eval' to its script-src. ${error.message}`,
      { cause: error },
    );
  });
  const wasm = instance.exports as unknown as Exports;
  return (plan, operands, options = {}) =>
    finishSums(plan, operands, wasmSums(wasm, plan, operands, options), options);
}

function wasmSums(
  { memory, base, multiply }: Exports,
  plan: MatmulPlan,
  operands: MatmulOperands,
  { window = wholeOutput(plan), subnormals = 'exact' }: MatmulOptions,
): Float32Array<ArrayBuffer> {
  checkOperands(plan, operands, window);
  const { m0, m1, n0, n1 } = window;
  const block = { a: blockExtent('a', m1 - m0), b: blockExtent('b', n1 - n0) };
  const depth = plan.passes.reduce((most, pass) => Math.max(most, panelDepth(pass)), 0);
  const groups = groupPasses(plan);
  const at = layOut(base(), {
    group: block.a * block.b,
    total: block.a * block.b,
    a: block.a * depth,
    b: block.b * depth,
  });
  const missing = Math.ceil(at.end / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing > 0) memory.grow(missing);
  const total = new Float32Array(memory.buffer, at.total, block.a * block.b);
  const panels = {
    a: new Float32Array(memory.buffer, at.a, block.a * depth),
    b: new Float32Array(memory.buffer, at.b, block.b * depth),
  };

  const result = new Float32Array((m1 - m0) * (n1 - n0));
  for (let n = n0; n < n1; n += block.b) {
    const columns = Math.min(block.b, n1 - n);
    const bPanels = Math.ceil(columns / LANES.b);
    for (let m = m0; m < m1; m += block.a) {
      const rows = Math.min(block.a, m1 - m);
      const aPanels = Math.ceil(rows / LANES.a);
      total.fill(0);
      for (const group of groups) {
        for (const [index, pass] of group.entries()) {
          pack(panels.a, 'a', plan, operands, subnormals, pass, m, rows);
          pack(panels.b, 'b', plan, operands, subnormals, pass, n, columns);
          multiply(
            ...[at.a, at.b, at.group, at.total, aPanels, bPanels, passLength(pass), panelDepth(pass)],
            index === 0,
            index === group.length - 1,
            subnormals === 'ftz',
          );
        }
      }
      for (let row = 0; row < rows; row++) {
        const start = row * bPanels * LANES.b;
        result.set(total.subarray(start, start + columns), (m - m0 + row) * (n1 - n0) + n - n0);
      }
    }
  }
  return result;
}

function blockExtent(side: Side, extent: number): number {
  return Math.min(Math.ceil(extent / LANES[side]) * LANES[side], BLOCK);
}

type Region = 'group' | 'total' | Side;

/** Byte addresses of consecutive regions, sized in float32 elements, each on a cache line; and where they end. */
function layOut(start: number, elements: Record<Region, number>): Record<Region | 'end', number> {
  let end = start;
  const place = (region: Region): number => {
    const address = end;
    end += Math.ceil(elements[region] / 16) * 64;
    return address;
  };
  return { group: place('group'), total: place('total'), a: place('a'), b: place('b'), end };
}
