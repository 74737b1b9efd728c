/**
 * A tiling's Program on the reference executor: all of it where that is quick, else the slice that the stores of some tiles of
 * the output depend on. What was stored is kept with a mark for each element, so that a tile that nothing writes is seen.
 */
import { startProgram, type ProgramRun } from '../../src/execute/reference';
import type { MatmulOperands } from '../../src/execute/matmul';
import { sliceOf, type Part, type Slice } from '../../src/lower';
import { codeArray, UserError, type CodeArray } from '../../src/numerics';
import { offsetsOf, type HbmPattern, type StraightProgram } from '../../src/program';
import type { Area, Product } from '../../src/verify/tiling';

/** What a run left in the output [M, N]. */
export interface Stored {
  readonly codes: CodeArray;
  /** 1 where something was stored. */
  readonly written: Uint8Array;
  /** Why it ended before its last instruction, naming the one that it stopped at. */
  readonly problem: string | undefined;
}

export interface Pace {
  readonly onShare: (share: number) => void;
  readonly signal: AbortSignal | undefined;
}

export interface Runnable {
  readonly instructions: number;
  readonly run: (operands: MatmulOperands, pace: Pace) => Promise<Stored>;
}

/** The Program as it is. */
export function wholeProgram(program: StraightProgram, product: Product): Runnable {
  return {
    instructions: program.instructions.length,
    run: async ({ a, b, c }, pace) => {
      const run = startProgram(program, { a, b, ...(c && { c }) });
      const problem = await advance(run, program.instructions.length, pace);
      const { codes, written } = run.read('out');
      return { codes: ofProduct(product, codes), written, problem };
    },
  };
}

/** Only what the stores into some areas of the output depend on. */
export function slicedProgram(program: StraightProgram, product: Product, areas: readonly Area[]): Runnable {
  const slice = sliceOf(program, (store) => areas.some((area) => touches(store, area, product)));
  return {
    instructions: slice.program.instructions.length,
    run: (operands, pace) => runSlice(slice, product, operands, pace),
  };
}

async function runSlice(
  { program, inputs, outputs }: Slice,
  product: Product,
  { a, b, c }: MatmulOperands,
  pace: Pace,
): Promise<Stored> {
  const whole: Readonly<Record<string, CodeArray | undefined>> = { a, b, c };
  const run = startProgram(
    program,
    Object.fromEntries(inputs.map((part) => [part.name, gathered(part, whole[part.of.tensor])])),
  );
  const problem = await advance(run, program.instructions.length, pace);
  const codes = codeArray(product.out, product.m * product.n);
  const written = new Uint8Array(codes.length);
  for (const { name, of } of outputs) {
    const view = run.read(name);
    offsetsOf(of).forEach((offset, index) => {
      if (view.written[index] !== 1) return;
      codes[offset] = view.codes[index] ?? 0;
      written[offset] = 1;
    });
  }
  return { codes, written, problem };
}

function gathered({ of }: Part, codes: CodeArray | undefined): CodeArray {
  const offsets = offsetsOf(of);
  const taken = codeArray(of.dtype, offsets.length);
  offsets.forEach((offset, index) => (taken[index] = codes?.[offset] ?? 0));
  return taken;
}

/** Lowering stores a rectangle of the output: [N, rows] by [1, columns]. */
function touches({ offset, dims }: HbmPattern, { m, n }: Area, { n: width }: Product): boolean {
  const [rows = 1, columns = 1] = dims.map(([, count]) => count);
  const [row, column] = [Math.floor(offset / width), offset % width];
  return row < m[1] && m[0] < row + rows && column < n[1] && n[0] < column + columns;
}

const TURN_MS = 50;

/** Runs to the end, letting timers and signals act now and then. What stops it before is given back. */
async function advance(
  run: ProgramRun,
  steps: number,
  { onShare, signal }: Pace,
): Promise<string | undefined> {
  let [done, turn] = [0, performance.now()];
  try {
    while (run.step()) {
      done++;
      if (performance.now() - turn < TURN_MS) continue;
      onShare(done / steps);
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      turn = performance.now();
    }
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return undefined;
}

/** A view's codes have the array that the format's codes have. */
function ofProduct({ out }: Product, codes: CodeArray): CodeArray {
  const same = codeArray(out, codes.length);
  same.set(codes);
  return same;
}
