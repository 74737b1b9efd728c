/** Many Programs in batches, each with a theme of its own and on an adapter that holds no kernels of another. */
import { WebGpuInterpreter } from '../../src/execute/webgpu/interpreter';
import type { ChipName } from '../../src/chip';
import type { Host } from '../../src/host';
import { onInterpreter, onReference } from './agreement';
import { fuzz, textOf, type FuzzResult } from './fuzz';

/** Programs of a batch. */
export const BATCH = 100;

export interface Batch {
  readonly chip: ChipName;
  readonly programs: number;
  readonly seed: number;
  readonly path?: string | undefined;
}

/** A result as JSON holds it. */
export interface BatchResult {
  readonly programs: number;
  readonly unsound: number;
  readonly stopped: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly kernels: number;
  readonly adapter: string;
  readonly disagreement:
    | { readonly text: string; readonly difference: string; readonly seed: number; readonly path: string }
    | undefined;
}

/** Runs a batch on a device of its own. */
export async function runBatch(
  open: () => Promise<Host>,
  batch: Batch,
  watch: { readonly signal?: AbortSignal | undefined; readonly onProgram?: (() => void) | undefined } = {},
): Promise<BatchResult> {
  const host = await open();
  try {
    const interpreter = await WebGpuInterpreter.create(host.device);
    const result = await fuzz(onReference, onInterpreter(interpreter), { ...batch, ...watch });
    return { ...plain(result), kernels: interpreter.shaders.length, adapter: host.facts.name };
  } finally {
    host.close();
  }
}

function plain({
  programs,
  unsound,
  stopped,
  counts,
  refused,
  disagreement,
}: FuzzResult): Omit<BatchResult, 'kernels' | 'adapter'> {
  return {
    programs,
    unsound,
    stopped,
    counts: Object.fromEntries(counts),
    refused: Object.fromEntries(refused),
    disagreement: disagreement && {
      text: textOf(disagreement.made),
      difference: disagreement.difference,
      seed: disagreement.seed,
      path: disagreement.path,
    },
  };
}
