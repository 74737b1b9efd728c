/**
 * The first verified product: small, with the kernel that every adapter begins with, so that a user sees within seconds
 * that this adapter multiplies, and right, before anything is searched or timed.
 */
import { planMatmul } from '../src/lower';
import { pairName } from './cases';
import { runChecks, type CheckReport } from './check';
import type { BenchTools, PreparedProduct } from './tools';

const SHAPE = { m: 256, n: 256, k: 256, a: 'bfloat16', b: 'bfloat16', chip: 'trn2' } as const;

export interface FirstProduct {
  readonly shape: { readonly m: number; readonly n: number; readonly k: number };
  /** As in the table: `bf16`. */
  readonly dtypes: string;
  readonly check: CheckReport;
  /** Milliseconds from the start of the run until it was verified. */
  readonly afterMs: number;
}

export async function firstProduct(
  { device, reference, now }: Pick<BenchTools, 'device' | 'reference' | 'now'>,
  { seed, startMs, signal }: { seed: number; startMs: number; signal?: AbortSignal | undefined },
): Promise<FirstProduct> {
  const plan = planMatmul(SHAPE);
  const { m, n, k } = plan;
  let product: PreparedProduct | undefined;
  try {
    const check = await runChecks({
      plan,
      reference,
      seed,
      subnormals: device.subnormals,
      ...(signal && { signal }),
      async execute(operands) {
        product?.release();
        const prepared = await device.prepare(plan, operands, signal && { signal });
        product = prepared;
        await prepared.run(signal);
        return (window) => prepared.read(window);
      },
    });
    return { shape: { m, n, k }, dtypes: pairName(plan.a, plan.b), check, afterMs: now() - startMs };
  } finally {
    product?.release();
  }
}
