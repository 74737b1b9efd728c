/** The whole of a run as data: what the JSON file holds, and what the table, the chart and the CSV are made from. */
import type { Peaks, ProbeReport } from '../../src/execute/webgpu';
import type { AdapterFacts } from '../../src/host';
import type { Baseline } from '../baseline';
import type { Environment } from '../environment';
import type { FirstProduct } from '../first';
import type { BenchResult } from '../result';

export interface Report extends BenchResult {
  readonly systole: { readonly version: string; readonly revision: string };
  /** When the run began, ISO 8601. */
  readonly started: string;
  readonly environment: Environment;
  readonly adapter: AdapterFacts;
  /** What the known-answer tests found of an adapter's arithmetic, and the kernels that were proved. WASM's is defined. */
  readonly probe?: ProbeReport;
  /** Verified before anything was searched or timed. */
  readonly first: FirstProduct;
  /** Reached in micro-benchmarks on this adapter in this run. */
  readonly peaks: Peaks;
  readonly baseline: Baseline | null;
  readonly settings: {
    readonly budgetSeconds: number;
    readonly seed: number;
    readonly arguments: readonly string[];
  };
  /** What disturbed the timings of the run, in words; only where something did. */
  readonly disturbances?: readonly string[];
}
