/** A product in the memory of the WASM executor: what is written there before it is computed, and what is read afterwards. */
import type { MatmulPlan } from '../../lower';
import {
  codeArray,
  decodeArray,
  FORMATS,
  immunity,
  scanOperand,
  type CodeArray,
  type Dtype,
} from '../../numerics';
import type { MatmulOperands, SubnormalMode, Window } from '../matmul';
import { finishSums } from '../reference/matmul';
import type { Layout } from './layout';
import {
  ARITHMETIC,
  formatRecord,
  formatVectors,
  recordBytes,
  RECORDS,
  upperHalves,
  writeRecord,
} from './records';

/** Whether the sums, with the canonical NaN, are the result: nothing is added to them, and nothing rounds them. */
export const isCanonical = ({ out, accumulate, epilogue, saturate }: MatmulPlan): boolean =>
  out === 'float32' && !accumulate && epilogue === undefined && !saturate;

/** Writes the window's part of the operands, as it is stored, and the records. Whether arithmetic is fused, as it is where it may be. */
export function write(
  memory: ArrayBufferLike,
  layout: Layout,
  plan: MatmulPlan,
  operands: MatmulOperands,
  fuses: boolean,
): boolean {
  const { job, passes, at, stored, window } = layout;
  const a = writeOperand(memory, job.a, plan.a, stored.a, aPart(plan, operands.a, window));
  const b = writeOperand(memory, job.b, plan.b, stored.b, {
    ...{ codes: operands.b, rows: plan.k, pitch: plan.n, first: window.n0, width: job.n },
  });
  passes.forEach((pass, index) => {
    writeRecord(memory, job.passes + index * recordBytes('pass'), RECORDS.pass, pass);
  });
  for (const [address, dtype] of [
    [job.aFormat, stored.a],
    [job.bFormat, stored.b],
  ] as const) {
    const format = formatRecord(dtype);
    if (format === undefined) throw new Error(`Invariant violation: ${dtype} is stored undecoded`);
    writeRecord(memory, address, RECORDS.format, format);
    new Uint8Array(memory, address + 4 * RECORDS.format.length).set(formatVectors(dtype));
  }
  // A streamed product waits for memory, and a scan would read B once more; two formats of 8 bits need none.
  const isExact = (): boolean => (job.streamed ? areBytes(plan) : isImmune(plan, a, b));
  const fused = fuses && job.arithmetic === ARITHMETIC.exact && isExact();
  writeRecord(memory, at, RECORDS.job, { ...job, arithmetic: fused ? ARITHMETIC.fused : job.arithmetic });
  return fused;
}

/** Rows of codes, of which the columns from `first` on are taken. */
interface Part {
  readonly codes: CodeArray;
  readonly rows: number;
  readonly pitch: number;
  readonly first: number;
  readonly width: number;
}

function aPart({ m, k, aLayout }: MatmulPlan, codes: CodeArray, { m0, m1 }: Window): Part {
  return aLayout === 'k-major'
    ? { codes, rows: k, pitch: m, first: m0, width: m1 - m0 }
    : { codes: codes.subarray(m0 * k, m1 * k), rows: m1 - m0, pitch: k, first: 0, width: k };
}

/** The codes as they lie in the memory now. */
function writeOperand(
  memory: ArrayBufferLike,
  address: number,
  dtype: Dtype,
  stored: Dtype,
  { codes, rows, pitch, first, width }: Part,
): CodeArray {
  const view = viewOf(memory, stored, address, rows * width);
  const upper = stored === 'bfloat16' && dtype !== stored ? upperHalves(dtype) : undefined;
  const put = (from: CodeArray, to: number): void => {
    if (stored === dtype) view.set(from, to);
    else if (upper === undefined) view.set(new Uint32Array(decodeArray(dtype, from).buffer), to);
    else for (let index = 0; index < from.length; index++) view[to + index] = upper[from[index] ?? 0] ?? 0;
  };
  if (pitch === width) put(codes, 0);
  else
    for (let row = 0; row < rows; row++)
      put(codes.subarray(row * pitch + first, row * pitch + first + width), row * width);
  return view;
}

/** Shared memory is read and written like any other, though its type says otherwise. */
function viewOf(memory: ArrayBufferLike, dtype: Dtype, address: number, length: number): CodeArray {
  const buffer = memory as ArrayBuffer;
  const bytes = codeArray(dtype, 0).BYTES_PER_ELEMENT;
  if (bytes === 1) return new Uint8Array(buffer, address, length);
  return bytes === 2 ? new Uint16Array(buffer, address, length) : new Uint32Array(buffer, address, length);
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
