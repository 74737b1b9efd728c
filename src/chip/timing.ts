/**
 * What time things take on trn1, trn2 and trn3: every constant of the timing model (src/time), with its source. What no document
 * says is a parameter, named as such, with the reason for its value. Sources, in the AWS Neuron SDK documentation (2.32.0):
 *   [T1] [T2] [T3] nki/guides/architecture/trainium_inferentia2_arch.rst, trainium2_arch.rst, trainium3_arch.rst
 *   [B]  nki/deep-dives/nki-dma-bandwidth-guide.rst     [O]  nki/get-started/about/nki-dma-overview.rst
 *   [P]  nki/deep-dives/nki_perf_guide.rst              [G]  nki/deep-dives/nki-dge.rst
 *   [I]  nki.isa of 2.26.1                              [H]  about-neuron/arch/neuron-hardware/*.rst
 */
import type { ChipName } from './types';

/** The constants by name. Cycles are those of the engine that is meant; times are nanoseconds, rates bytes per nanosecond. */
export interface Timing {
  /** Cycles between the starts of two instructions of one engine, at least. */
  readonly minIssue: number;
  /** Cycles more where a Vector or GpSimd instruction needs what the one before it on the same engine wrote. */
  readonly dependent: number;
  /** Cycles of a Scalar instruction besides its elements, until what it wrote can be read. */
  readonly scalarLatency: number;
  /** Tensor cycles between the starts of two multiplications, at least. */
  readonly multiplyIssue: number;
  /** Times that loading stationary columns is faster than multiplying as many moving ones. */
  readonly fastLoad: number;
  /** Tensor cycles from the last moving column to its sums in PSUM: the depth of the array. */
  readonly arrayDepth: number;
  /** ns to load the tables of another function of the Scalar engine. */
  readonly tableLoad: number;
  /** ns from a semaphore's increment to the start of what waited for it. */
  readonly semaphore: number;
  /** ns from the trigger of a DMA to its first byte. */
  readonly dmaStart: number;
  /** ns by which each of the 16 DMA engines starts after the one before. */
  readonly dmaStagger: number;
  /** Bytes per ns of one DMA engine at most. */
  readonly dmaPeak: number;
  /** Bytes per ns of one DMA engine that moves 4 KiB for each of its 8 partitions, transfer after transfer. */
  readonly dmaSustained: number;
  /** ns of a descriptor at least, however few its bytes. */
  readonly dmaDescriptor: number;
  /** ns of Sync or Scalar for a DMA whose descriptors hardware builds (hwdge). */
  readonly hardwareDescriptors: number;
  /** ns of GpSimd for a DMA whose descriptors software builds (swdge). */
  readonly softwareDescriptors: number;
  /** ns of a sequencer for an instruction on registers. */
  readonly registerStep: number;
  /** ns until a register that is loaded from memory can be used. */
  readonly registerLoad: number;
  /** HBM stacks of a chip, which its cores share evenly, and bytes per ns of each. */
  readonly hbmStacks: number;
  readonly hbmStackRate: number;
}

export type TimingName = keyof Timing;

/** What a constant is, for documents and `--set`. */
export interface TimingConstant {
  readonly unit: 'cycles' | 'ns' | 'B/ns' | 'times' | 'stacks';
  readonly meaning: string;
  readonly source: string;
  /** Whether a document says it; else it is a parameter, and `source` says why it has this value. */
  readonly documented: boolean;
}

export const TIMING_CONSTANTS = {
  minIssue: {
    unit: 'cycles',
    meaning: 'between the starts of two instructions of one engine, at least',
    source: 'nki.isa of 2.26.1: MIN_II, about 64',
    documented: true,
  },
  dependent: {
    unit: 'cycles',
    meaning: 'more of a Vector or GpSimd instruction that needs what the one before it wrote',
    source: 'trainium_inferentia2_arch.rst, Vector Engine, cost model: a static overhead of 100 cycles',
    documented: true,
  },
  scalarLatency: {
    unit: 'cycles',
    meaning: 'of a Scalar instruction besides its elements, until what it wrote can be read',
    source:
      'trn1: nki_perf_guide.rst, Opt 5a, 264 cycles between dependent instructions of one element; trn2: nki-dma-overview.rst, profiles of exp, 0.29 us besides the elements; trn3: as trn2',
    documented: true,
  },
  multiplyIssue: {
    unit: 'cycles',
    meaning: 'between the starts of two multiplications, at least',
    source: 'trainium_inferentia2_arch.rst: MM_INIT_LATENCY, 64',
    documented: true,
  },
  fastLoad: {
    unit: 'times',
    meaning: 'that loading stationary columns is faster than multiplying as many moving ones',
    source: 'trainium_inferentia2_arch.rst, Fast LoadStationary: up to 4',
    documented: true,
  },
  arrayDepth: {
    unit: 'cycles',
    meaning: 'from the last moving column to its sums in PSUM',
    source:
      'kernel-optimization.rst, profile of the last step (v5-zoom.png): a multiplication of 512 columns lasts 597 ns, of which 427 for its columns; nki-profiler-7.png: 592',
    documented: true,
  },
  tableLoad: {
    unit: 'ns',
    meaning: 'to load the tables of another function of the Scalar engine',
    source: 'nki-dma-overview.rst, profiles of exp on trn2: 1.28 us before the first',
    documented: true,
  },
  semaphore: {
    unit: 'ns',
    meaning: 'from a semaphore’s increment to the start of what waited for it',
    source: 'nki-dma-overview.rst, profiles on trn2: 180 to 290, the middle; trn1 and trn3: as trn2',
    documented: true,
  },
  dmaStart: {
    unit: 'ns',
    meaning: 'from the trigger of a DMA to its first byte',
    source: 'nki-dma-overview.rst, profiles on trn2: 739 and about 900, the middle; trn1 and trn3: as trn2',
    documented: true,
  },
  dmaStagger: {
    unit: 'ns',
    meaning: 'by which each of the 16 DMA engines starts after the one before',
    source:
      'nki-dma-overview.rst, a profile on trn2: 2 KiB take an engine 97 and all 16 engines 468; trn1 and trn3: as trn2',
    documented: true,
  },
  dmaPeak: {
    unit: 'B/ns',
    meaning: 'of one DMA engine at most',
    source: 'nki-dma-overview.rst, theoretical bandwidth',
    documented: true,
  },
  dmaSustained: {
    unit: 'B/ns',
    meaning: 'of one DMA engine that moves 4 KiB for each of its 8 partitions, transfer after transfer',
    source: 'nki-dma-bandwidth-guide.rst, table of bandwidth per engine',
    documented: true,
  },
  dmaDescriptor: {
    unit: 'ns',
    meaning: 'of a descriptor at least, however few its bytes',
    source: 'nki-dma-overview.rst, a profile on trn2: 8 descriptors of 256 B take 97; trn1 and trn3: as trn2',
    documented: true,
  },
  hardwareDescriptors: {
    unit: 'ns',
    meaning: 'of Sync or Scalar for a DMA whose descriptors hardware builds (hwdge)',
    source: 'nki-dge.rst: about 600',
    documented: true,
  },
  softwareDescriptors: {
    unit: 'ns',
    meaning: 'of GpSimd for a DMA whose descriptors software builds (swdge)',
    source:
      'a parameter: what nki-dge.rst gives for hardware, about 600; where GpSimd triggers every DMA, the profile of a tiled product on trn2 (kernel-optimization.rst, v2-full.png) has one each 604',
    documented: false,
  },
  registerStep: {
    unit: 'ns',
    meaning: 'of a sequencer for an instruction on registers',
    source: 'a parameter: 64 cycles, the least interval of instructions',
    documented: false,
  },
  registerLoad: {
    unit: 'ns',
    meaning: 'until a register that is loaded from memory can be used',
    source: 'a parameter: a semaphore’s way there and back',
    documented: false,
  },
  hbmStacks: {
    unit: 'stacks',
    meaning: 'of HBM of a chip, which its cores share evenly',
    source: 'about-neuron/arch/neuron-hardware: trn1 2, trn2 and trn3 4',
    documented: true,
  },
  hbmStackRate: {
    unit: 'B/ns',
    meaning: 'of one HBM stack',
    source: 'the architecture guides’ bandwidth of a chip, over its stacks',
    documented: true,
  },
} as const satisfies Record<TimingName, TimingConstant>;

const COMMON = {
  minIssue: 64, // [I]
  dependent: 100, // [T1]
  multiplyIssue: 64, // [T1]
  fastLoad: 4, // [T1]
  arrayDepth: 400, // (592..597 - 427) x 2.4 GHz
  tableLoad: 1280, // [O]
  semaphore: 235, // [O]
  dmaStart: 820, // [O]
  dmaStagger: 24.7, // [O]: (468 - 97) / 15
  dmaDescriptor: 12.1, // [O]: 97 / 8
  hardwareDescriptors: 600, // [G]
  softwareDescriptors: 600,
  registerLoad: 470,
} as const;

export const TIMINGS: Readonly<Record<ChipName, Timing>> = {
  trn1: {
    ...COMMON,
    scalarLatency: 263, // [P]
    dmaPeak: 27.2, // [O]
    dmaSustained: 17, // [B]
    registerStep: 46,
    hbmStacks: 2, // [H]
    hbmStackRate: 410, // [T1]
  },
  trn2: {
    ...COMMON,
    scalarLatency: 350, // [O]
    dmaPeak: 27.2, // [O]
    dmaSustained: 23, // [B]
    registerStep: 53,
    hbmStacks: 4, // [H]
    hbmStackRate: 750, // [T2]
  },
  trn3: {
    ...COMMON,
    scalarLatency: 350,
    dmaPeak: 38.4, // [O]
    dmaSustained: 33, // [B]
    registerStep: 53,
    hbmStacks: 4, // [H]
    hbmStackRate: 1175, // [T3]
  },
};

/** Bytes of the transfers that [B]'s rate is of: 4 KiB for each of 8 partitions. */
const SUSTAINED_BYTES = 32 * 1024;

/**
 * ns that a transfer takes of a DMA engine besides its bytes at their peak rate. Not a constant of its own: it is what makes the
 * peak rate the sustained one.
 */
export function transferOverhead({ dmaPeak, dmaSustained }: Timing): number {
  return Math.max(0, SUSTAINED_BYTES / dmaSustained - SUSTAINED_BYTES / dmaPeak);
}
