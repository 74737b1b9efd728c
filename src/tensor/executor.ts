/**
 * What computes graphs: on WebGPU (`webgpu/`), or on the CPU (`reference/`), with the same bits. Arrays know of nothing else.
 */
import type { ChipName } from '../chip';
import type { SearchOptions } from '../execute/webgpu';
import type { CodeArray, Dtype } from '../numerics';
import type { Node, Shape, Stored } from './graph/node';

/** Bytes and buffers, as `arrays.memory()` tells them. */
export interface ExecutorMemory {
  /** Bytes that hold values of nodes. */
  readonly live: number;
  /** The most that were live at once. */
  readonly peak: number;
  /** Bytes kept for the next of their size. */
  readonly pooled: number;
  readonly buffers: number;
}

/** What the last runs came to, for tests and for people who look. */
export interface ExecutorCounts {
  /** Kernels that were started, and submissions of them. */
  readonly dispatches: number;
  readonly submissions: number;
  /** Pipelines compiled, and plans made; both are kept. */
  readonly pipelines: number;
  readonly plans: number;
}

/** A graph that was recorded once. Inputs and outputs are in the order of `Executor.compile`. */
export interface CompiledGraph {
  /** Values of inputs stay the caller's, and those of outputs become so. */
  run(inputs: readonly Stored[]): Promise<readonly Stored[]>;
  release(): void;
}

/** Packed values in buffers of the device, row-major. */
export interface DeviceBuffers {
  /** A buffer of the caller as values: it is not copied, and `release` leaves it. @throws UserError where it is too small or lacks a usage. */
  wrap(buffer: GPUBuffer, dtype: Dtype, shape: Shape): Stored;
  /** What the buffer holds now, in memory of its own. @throws UserError as `wrap`; a buffer of another device is told by the next reading. */
  copy(buffer: GPUBuffer, dtype: Dtype, shape: Shape): Stored;
  /** The buffer that holds a leaf's values, from its first byte on. It is uploaded now where it was not yet. */
  of(leaf: Node): GPUBuffer;
}

export interface Executor {
  /** 'webgpu' or 'reference', and the adapter's name where there is one. */
  readonly name: string;
  readonly chip: ChipName;
  /** The device of WebGPU, where there is one. */
  readonly device?: GPUDevice | undefined;
  /** Values where they lie on the device, without a copy: of executors that have one. */
  readonly buffers?: DeviceBuffers | undefined;
  readonly memory: ExecutorMemory;
  readonly counts: ExecutorCounts;
  /** Takes codes over: nobody changes them afterwards. They may be uploaded later. */
  place(codes: CodeArray, dtype: Dtype, shape: Shape): Stored;
  /**
   * Computes all of the nodes, or none: each is a leaf afterwards. Nodes on the way that nothing else holds are not kept.
   *
   * @throws UserError for what the adapter has no room for, DeviceLostError.
   */
  run(nodes: readonly Node[]): Promise<void>;
  /** The codes of a leaf, row-major. @throws UserError where an index of what made it lay outside (`Outside`). */
  read(node: Node): Promise<CodeArray>;
  /** Inputs are leaves, of which the values are replaced in every run. */
  compile(inputs: readonly Node[], outputs: readonly Node[]): Promise<CompiledGraph>;
  /** Measures which kernels of products are fastest here, and takes them from then on: of executors that have several. */
  tune?(signal: AbortSignal | undefined, options: SearchOptions): Promise<void>;
  close(): void;
}
