/**
 * The search for the fastest kernel of a class of products on an adapter. Each candidate is proved on small products, as every kernel
 * is, and timed on the product that stands for its class, of which it has to give all bits that the first one gave: what is wrong
 * only where a product is large is not taken.
 */
import { planMatmul, type MatmulPlan } from '../../lower';
import { UserError, type CodeArray } from '../../numerics';
import { knownOperand } from '../known-operand';
import type { MatmulOperands } from '../matmul';
import type { PreparedMatmul } from './prepared';
import {
  candidatesFor,
  chooseTuning,
  TUNED_CLASSES,
  type Choice,
  type Trial,
  type Tuning,
  type TuningClass,
} from './tuning';

/** What a search asks of the adapter. */
export interface Searched {
  readonly subgroupLanes: number;
  /** Milliseconds after which finished work is noticed at the latest. */
  readonly noticeMs: number;
  /** The product by the kernel of a tuning, once that is proved. */
  readonly prepare: (plan: MatmulPlan, operands: MatmulOperands, tuning: Tuning) => Promise<PreparedMatmul>;
}

interface ClassSearch {
  readonly signal: AbortSignal | undefined;
  /** What ends the search; anything else that a trial throws discards its candidate. */
  readonly isFatal: (error: unknown) => boolean;
  /** Comes before each trial, and may let it wait. */
  readonly before: (tuning: Tuning) => Promise<void>;
}

/** How long a candidate is timed, beyond the time in which its end is noticed. */
const TRIAL_MS = 50;

export async function searchClass(
  name: TuningClass,
  { subgroupLanes, noticeMs, prepare }: Searched,
  { signal, isFatal, before }: ClassSearch,
): Promise<Choice> {
  const { m, n, k, dtype } = TUNED_CLASSES[name];
  const plan = planMatmul({ m, n, k, a: dtype, b: dtype, chip: 'trn2' });
  const operands = { a: knownOperand(dtype, m * k, 1), b: knownOperand(dtype, k * n, 2) };
  let wanted: CodeArray | undefined;
  const trial = async (tuning: Tuning): Promise<Trial> => {
    signal?.throwIfAborted();
    const product = await prepare(plan, operands, tuning);
    try {
      const firstMs = await product.runMany(1, signal);
      const runs = Math.max(1, Math.ceil((noticeMs + TRIAL_MS) / firstMs));
      const ms = await product.runMany(runs, signal);
      const codes = await product.read();
      wanted ??= codes;
      checkSame(plan, codes, wanted);
      return { compileMs: product.compileMs, gflops: (runs * 2 * m * n * k) / ms / 1e6 };
    } finally {
      product.release();
    }
  };
  return chooseTuning(candidatesFor(name, subgroupLanes), trial, isFatal, before);
}

/** @throws UserError that names the first output that differs. */
function checkSame({ m, n, k }: MatmulPlan, codes: CodeArray, wanted: CodeArray): void {
  const at = codes.findIndex((code, index) => code !== wanted[index]);
  if (at >= 0)
    throw new UserError(
      `Of the product that is timed, ${m}x${n}x${k}, output [${Math.floor(at / n)}, ${at % n}] is not what the first kernel gave.`,
    );
}
