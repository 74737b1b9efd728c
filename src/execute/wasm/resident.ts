/** A product in the memory of the WASM executor: what is written there before it is computed, and what is read afterwards. */
import type { MatmulPlan } from '../../lower';
import { FORMATS, immunity, scanOperand, type CodeArray, type Dtype } from '../../numerics';
import type { MatmulOperands, SubnormalMode, Window } from '../matmul';
import { finishSums } from '../reference/matmul';
import type { Layout } from './layout';
import type { Instance } from './module';
import { writeFormat, writeOperand, type Part } from './operands';
import { writePanels } from './panels';
import { ARITHMETIC, formatRecord, recordBytes, RECORDS, writeRecord } from './records';

/** Whether the sums, with the canonical NaN, are the result: nothing is added to them, and nothing rounds them. */
export const isCanonical = ({ out, accumulate, epilogue, saturate }: MatmulPlan): boolean =>
  out === 'float32' && !accumulate && epilogue === undefined && !saturate;

/** Writes the window's part of the operands, as it is stored, and the records. Whether arithmetic is fused, as it is where it may be. */
export function write(
  instance: Instance,
  layout: Layout,
  plan: MatmulPlan,
  operands: MatmulOperands,
  fuses: boolean,
): boolean {
  const { job, passes, at, stored, window } = layout;
  const memory = instance.memory.buffer;
  const a = writeOperand(memory, job.a, plan.a, stored.a, aPart(plan, operands.a, window));
  // Nothing else writes it then, and the memory may have been another product's.
  if (passes.length === 0) new Uint8Array(memory, job.out, layout.bytes.result).fill(0);
  passes.forEach((pass, index) => {
    writeRecord(memory, job.passes + index * recordBytes('pass'), RECORDS.pass, pass);
  });
  writeFormat(memory, job.aFormat, stored.a);
  const bPart = { codes: operands.b, rows: plan.k, pitch: plan.n, first: window.n0, width: job.n };
  const b = job.streamed ? operands.b : writeOperand(memory, job.b, plan.b, stored.b, bPart);
  if (job.streamed) writePanels(instance, layout, plan.b, bPart);
  writeFormat(memory, job.bFormat, stored.b);
  // A streamed product waits for memory, and a scan would read B once more; two formats of 8 bits need none.
  const isExact = (): boolean => (job.streamed ? areBytes(plan) : isImmune(plan, a, b));
  const fused = fuses && job.arithmetic === ARITHMETIC.exact && isExact();
  writeRecord(memory, at, RECORDS.job, { ...job, arithmetic: fused ? ARITHMETIC.fused : job.arithmetic });
  return fused;
}

function aPart({ m, k, aLayout }: MatmulPlan, codes: CodeArray, { m0, m1 }: Window): Part {
  return aLayout === 'k-major'
    ? { codes, rows: k, pitch: m, first: m0, width: m1 - m0 }
    : { codes: codes.subarray(m0 * k, m1 * k), rows: m1 - m0, pitch: k, first: 0, width: k };
}

const isSignedFloat = (dtype: Dtype): boolean => FORMATS[dtype].kind === 'float' && FORMATS[dtype].signed;

/** Both floats of 8 bits: products have 10 significant bits at most, and none is beyond 2^-32 or 2^32, so that all are exact. */
const areBytes = ({ a, b }: MatmulPlan): boolean =>
  formatRecord(a)?.size === 1 && formatRecord(b)?.size === 1;

function isImmune(plan: MatmulPlan, a: CodeArray, b: CodeArray): boolean {
  if (plan.a === 'float32' || plan.b === 'float32') return false;
  if (!isSignedFloat(plan.a) || !isSignedFloat(plan.b)) return false;
  const scan = (dtype: Dtype, codes: CodeArray) => ({ dtype, ...scanOperand(dtype, codes) });
  return immunity(scan(plan.a, a), scan(plan.b, b), plan.k).immune;
}

export interface ReadOptions {
  readonly window?: Window | undefined;
  readonly subnormals?: SubnormalMode;
}

/** Codes of the window, or of a part of it. This is where what follows a product's sums is done. Of the operands A and B are not looked at. */
export function read(
  memory: ArrayBufferLike,
  { job, window }: Layout,
  plan: MatmulPlan,
  operands: MatmulOperands,
  { window: part = window, subnormals = 'exact' }: ReadOptions = {},
): CodeArray {
  const width = part.n1 - part.n0;
  const sums = new Float32Array((part.m1 - part.m0) * width);
  for (let row = part.m0; row < part.m1; row++) {
    const from = job.out + (row - window.m0) * job.pitch + 4 * (part.n0 - window.n0);
    sums.set(new Float32Array(memory, from, width), (row - part.m0) * width);
  }
  return isCanonical(plan)
    ? new Uint32Array(sums.buffer)
    : finishSums(plan, operands, sums, { window: part, subnormals });
}
