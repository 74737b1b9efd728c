/** What timing a Program gives: when every instruction ran, on what, and what it waited for. Times are nanoseconds from the start. */
import type { ChipName, Timing } from '../chip';
import type { Instruction, Program } from '../program';

/** What executes instructions in order: the engines, and the queues that DMAs wait in. */
export const TRACKS = ['tensor', 'vector', 'scalar', 'gpsimd', 'sync', 'loads', 'stores'] as const;

export type Track = (typeof TRACKS)[number];

/** Why an instruction did not start earlier. */
export const CAUSES = [
  /** Nothing held it: it is the first. */
  'start',
  /** Its track was busy with the instruction before. */
  'track',
  /** It needed what another instruction wrote. */
  'data',
  /** It writes where another instruction still read, or wrote before. */
  'place',
  /** An edge that its author added. */
  'edge',
  /** A port of SBUF or PSUM, or the bus of GpSimd, that another engine had. */
  'port',
  /** The DMA engines were busy with other transfers. */
  'dma',
  /** HBM was: other transfers, or other cores of its stack, had its bandwidth. */
  'hbm',
] as const;

export type Cause = (typeof CAUSES)[number];

/** The index of each in CAUSES. */
export const CAUSE = Object.fromEntries(CAUSES.map((cause, index) => [cause, index])) as Readonly<
  Record<Cause, number>
>;

/** What an instruction may depend on another for: the causes that are dependencies. */
export const DEPENDENCY_KINDS = ['data', 'place', 'edge'] as const satisfies readonly Cause[];

/** The index of each in DEPENDENCY_KINDS. */
export const [DATA, PLACE, EDGE] = [0, 1, 2] as const;

/** Dependencies, in the order of the Program: those of instruction i are indices[offsets[i]] to indices[offsets[i + 1] - 1]. */
export interface Dependencies {
  readonly offsets: Int32Array;
  /** Instructions that must come first. */
  readonly indices: Int32Array;
  /** Index in DEPENDENCY_KINDS: data (read after write), place (write after read, or after write), an author's edge. */
  readonly kinds: Uint8Array;
}

/** An instruction stream: loops unrolled, registers resolved where they are known. */
export interface Stream {
  readonly program: Program;
  readonly instructions: readonly Instruction[];
  /** Loops whose turns only a run knows, in the order in which they are met. */
  readonly assumed: readonly AssumedTurns[];
}

/** How many turns a loop was taken to have that a register bounds whose value only a run knows. */
export interface AssumedTurns {
  /** Its id, by which TimeOptions.turns says how many. */
  readonly loop: string;
  /** What it is called: kind, id, and source line where that is known. */
  readonly name: string;
  readonly turns: number;
  /** Whether the caller said so. */
  readonly given: boolean;
}

/** What became of loads: nobody asked to move them; they were moved; or they stayed, since moving them gains nothing. */
export type LoadOrder = 'written' | 'moved' | 'kept';

export interface TimeOptions {
  /** Constants other than the chip's own. */
  readonly timing?: Partial<Timing>;
  /**
   * Whether loads are moved earlier, as far as memory allows, as the vendor's compiler does, where that is faster than the Program
   * as it is written; false when left out.
   */
  readonly schedule?: boolean;
  /** Cores of the chip that run the Program at once, and share its HBM; 1 when left out. */
  readonly cores?: number;
  /** Turns of loops whose bounds are not known, by the loop's id; 1 each when left out. */
  readonly turns?: Readonly<Record<string, number>>;
  /** Instructions that are timed at most; 2,000,000 when left out. */
  readonly budget?: number;
  /** Told of each stage as it begins. */
  readonly onProgress?: (progress: { readonly stage: TimeStage }) => void;
}

/** In the order in which they come: the Program as it is; and where loads are moved, that and what it gives. */
export type TimeStage = 'verify' | 'simulate' | 'schedule' | 'simulateMoved';

/** Bytes by memory and direction, as engines and DMA moved them. */
export interface Traffic {
  readonly hbmRead: number;
  readonly hbmWritten: number;
  readonly sbufRead: number;
  readonly sbufWritten: number;
  readonly psumRead: number;
  readonly psumWritten: number;
}

export interface Timeline {
  /** What was timed: after scheduling, where that was asked for. */
  readonly program: Program;
  readonly chip: ChipName;
  readonly timing: Timing;
  readonly cores: number;
  readonly loads: LoadOrder;
  /** ns from the start of the first instruction to the end of the last. */
  readonly total: number;
  /** In the order of the Program, loops unrolled. All arrays below have an element for each. */
  readonly instructions: readonly Instruction[];
  /** Index in TRACKS. */
  readonly track: Uint8Array;
  /** When it was at the head of its track and all that it waited for was there. */
  readonly start: Float64Array;
  /** When its track could take the next: of a DMA, when its queue could. */
  readonly free: Float64Array;
  /** When what it wrote could be read. */
  readonly end: Float64Array;
  /**
   * Of a matmul: when its weights began to load, before `start` where that went on in the background. Of an activation that
   * needs tables of another function: when these began to load. NaN of others.
   */
  readonly loading: Float64Array;
  /** Of a DMA: when its first byte moved; NaN of others. */
  readonly moving: Float64Array;
  /** Index in CAUSES. */
  readonly cause: Uint8Array;
  /** The instruction that it waited for last, or -1. */
  readonly blocker: Int32Array;
  readonly dependencies: Dependencies;
  /** ns that each track was busy, by its index in TRACKS. */
  readonly busy: Float64Array;
  /** ns that each of the 16 DMA engines was busy. */
  readonly dmaBusy: Float64Array;
  readonly traffic: Traffic;
  /** Multiply-adds of matmuls times two: of all, of those that are no transposes, and how many of each time class of array work. */
  readonly flops: { readonly hardware: number; readonly model: number };
  /** Loops whose turns only a run knows, and how many they were taken to have. */
  readonly assumed: readonly AssumedTurns[];
  /** In sentences: what was assumed, of turns of loops and costs that no document gives, and that nothing was there to time. */
  readonly notes: readonly string[];
}
