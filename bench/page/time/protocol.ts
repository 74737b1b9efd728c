/** Messages between the page and the worker that times Programs, and what a timeline is once it is on the page. */
import type { ChipName } from '../../../src/chip';
import type { Dtype } from '../../../src/numerics';

/** What is timed. */
export type Subject =
  /** A kernel of the library, by its name. */
  | {
      readonly kind: 'kernel';
      readonly name: string;
      readonly sizes: Readonly<Record<string, number>>;
      readonly dtype: Dtype;
    }
  /** out[M, N] = A[M, K] B[K, N] by our plan, A K-major. */
  | {
      readonly kind: 'matmul';
      readonly m: number;
      readonly n: number;
      readonly k: number;
      readonly dtype: Dtype;
    }
  /** A Program as text or JSON: what the kernel editor made, or a file. */
  | { readonly kind: 'program'; readonly name: string; readonly text: string };

export interface TimeRequest {
  readonly subject: Subject;
  /** A Program has its own. */
  readonly chip: ChipName;
  readonly schedule: boolean;
  readonly cores: number;
  /** Of loops whose turns only a run knows, by their ids. */
  readonly turns: Readonly<Record<string, number>>;
}

/** A step function: values[i] from times[i] (ns) on. */
export interface Series {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** The most that there can be. */
  readonly most: number;
}

/**
 * A timeline as the page draws it. Arrays have an element for each instruction, in the order of the Program; times are ns
 * (src/time/types.ts). What an instruction is called and takes is asked of the worker, one at a time.
 */
export interface ShownTimeline {
  readonly total: number;
  readonly track: Uint8Array;
  readonly start: Float64Array;
  /** When it left its track: of a DMA, when its last byte was there. */
  readonly until: Float64Array;
  /** Of a matmul, when its weights began to load; of a DMA, when its first byte moved; else NaN. */
  readonly begun: Float64Array;
  /** Index in CAUSES, and the instruction that it waited for last, or -1. */
  readonly cause: Uint8Array;
  readonly blocker: Int32Array;
  /** For each of TRACKS, its instructions in order of `start`. */
  readonly rows: readonly Int32Array[];
  readonly sbuf: Series;
  readonly psum: Series;
  /** Bytes per ns. */
  readonly dma: Series;
}

/** A tile of an output, and its passes. */
export interface TileGrid {
  /** The tensor that the tiles end in, or PSUM where that is not known. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** For each pass, in order of the Program: its instruction, and its tile, row * columns + column. */
  readonly instruction: Int32Array;
  readonly tile: Int32Array;
}

export interface Timed {
  readonly timeline: ShownTimeline;
  /** Begins the names of files. */
  readonly name: string;
  readonly chip: ChipName;
  readonly cores: number;
  /** What was timed, on what, how many instructions. */
  readonly title: string;
  /** What `systole time` says, as text and as its JSON, and the parts that the page shows. */
  readonly text: string;
  readonly json: string;
  readonly advice: readonly { readonly finding: string; readonly mend: string }[];
  /** What was assumed. */
  readonly notes: readonly string[];
  readonly figures: readonly { readonly name: string; readonly value: string }[];
  readonly busy: readonly { readonly name: string; readonly share: number; readonly words: string }[];
  /** Undefined where there are no matmuls. */
  readonly grid: TileGrid | undefined;
  readonly memory: { readonly sbufBytes: number; readonly psumBanks: number };
  /** For the cost: operations without transposes, and the bytes of inputs and outputs. */
  readonly flops: number;
  readonly hbmBytes: number;
}

/** One instruction, in words. */
export interface Detail {
  readonly at: number;
  readonly id: string;
  readonly opcode: string;
  readonly title: string;
  /** Name and value of each line. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** Instructions that it depends on and that are no further than a few. */
  readonly dependencies: readonly number[];
  /** All of it in one sentence, for screen readers. */
  readonly sentence: string;
}

/** What lies in a memory at one time: a rectangle of partitions and bytes. */
export interface Resident {
  readonly name: string;
  readonly partition: number;
  readonly partitions: number;
  readonly start: number;
  readonly bytes: number;
}

export type ToTimer =
  | { readonly type: 'time'; readonly request: TimeRequest }
  | { readonly type: 'detail'; readonly at: number }
  | { readonly type: 'memory'; readonly time: number }
  | { readonly type: 'trace' };

export type FromTimer =
  | { readonly type: 'progress'; readonly words: string }
  | { readonly type: 'timed'; readonly timed: Timed }
  /** The user's to mend. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'detail'; readonly detail: Detail }
  | {
      readonly type: 'memory';
      readonly time: number;
      readonly sbuf: readonly Resident[];
      readonly psum: readonly Resident[];
    }
  /** A Perfetto trace. */
  | { readonly type: 'trace'; readonly parts: readonly Uint8Array<ArrayBuffer>[] };
