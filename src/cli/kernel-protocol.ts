/** What the command and the worker that traces a kernel file say to each other. */
import type { ChipName } from '../chip';
import type { Dtype } from '../numerics';
import type { Program } from '../program';

/** The bundled file. */
export interface KernelFile {
  /** The bundle's address, as `import` takes it. */
  readonly module: string;
  /** Its source map, as JSON. */
  readonly map: string;
  /** The author's file, where the map names none. */
  readonly source: string;
}

export interface InputShape {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

export interface TraceRequest {
  /** The export. */
  readonly name: string;
  readonly chip: ChipName;
  readonly inputs: Readonly<Record<string, InputShape>>;
  readonly budget?: number;
}

export interface FoundKernel {
  /** The export: `default`, or its name. */
  readonly name: string;
  readonly kernel: string;
  /** Names of its inputs, in order. */
  readonly inputs: readonly string[];
}

export type FromKernelWorker =
  | { readonly type: 'kernels'; readonly kernels: readonly FoundKernel[] }
  | { readonly type: 'traced'; readonly program: Program }
  | { readonly type: 'failed'; readonly message: string };
