/** What a chip is, as data: one NeuronCore's engines, memories and tile limits, and the HBM that it works from. */
import type { Dtype, PackedDtype } from '../numerics';

export const CHIP_NAMES = ['trn1', 'trn2', 'trn3'] as const;

export type ChipName = (typeof CHIP_NAMES)[number];

/** The queues an instruction can be issued to. `sync` has no datapath; `dma` stands for the 16 DMA engines of a core. */
export type EngineName = 'tensor' | 'vector' | 'scalar' | 'gpsimd' | 'sync' | 'dma';

/** The formats of which an engine takes several elements at once, and how many at most. */
export interface PerformanceMode {
  readonly dtypes: readonly Dtype[];
  readonly most: 2 | 4;
  /** Formats of which a copy writes two at once besides, from those. */
  readonly narrowed: readonly Dtype[];
}

export interface Chip {
  readonly name: ChipName;
  /** The vendor's name for its core, and the NKI `nc_version`. */
  readonly core: 'NeuronCore-v2' | 'NeuronCore-v3' | 'NeuronCore-v4';
  readonly generation: 'gen2' | 'gen3' | 'gen4';
  /** Physical cores of a chip. */
  readonly cores: number;
  /** Clock of each compute engine, GHz. */
  readonly clocks: Readonly<Record<'tensor' | 'vector' | 'scalar' | 'gpsimd', number>>;
  readonly sbuf: {
    readonly partitions: 128;
    /** Physical bytes of a partition. */
    readonly bytes: number;
    /** Bytes of a partition that a kernel may use, from address 0. */
    readonly usableBytes: number;
  };
  readonly psum: { readonly partitions: 128; readonly banks: 8; readonly bankBytes: 2048 };
  readonly matmul: {
    /** Most partitions (contraction rows) of one pass, of one of the two rows with double-row. */
    readonly rows: 128;
    /** Most stationary columns: the output's partitions. */
    readonly stationary: 128;
    /** Most moving columns, by the format of PSUM that they are written in. */
    readonly moving: number;
    readonly dtypes: readonly Dtype[];
    /** Formats that two rows of can be packed into one (`perf_mode=double_row`). */
    readonly doubleRow: readonly Dtype[];
    /** Tensor engine cycles per moving column: 1, and 4 for float32. */
    readonly float32Passes: 4;
    /** Of float32 where it is transposed: 4 where transposition multiplies, 2 where it moves codes. */
    readonly transposePasses: 4 | 2;
  };
  /** Formats of numbers that Vector, Scalar, GpSimd and DMA read and write. */
  readonly dtypes: readonly Dtype[];
  /** Performance modes, in which an engine takes several elements at once; null where it has none. */
  readonly modes: Readonly<Record<'vector' | 'scalar', PerformanceMode | null>>;
  /** Formats of MX operands, four elements in a code, which are moved and multiplied, and no numbers. */
  readonly packed: readonly PackedDtype[];
  /** Dense peak of one core in TFLOP/s = 2 x 128 x 128 x clock, by what is multiplied. */
  readonly peakTflops: { readonly bits16: number; readonly fp8: number; readonly float32: number };
  /** HBM of the whole chip: capacity in bytes, bandwidth in bytes per second. */
  readonly hbm: { readonly bytes: number; readonly bytesPerSecond: number };
  /** When two engines must take turns at a memory. */
  readonly ports: {
    /** Vector and GpSimd at SBUF: always, or while Vector moves several elements a cycle, over GpSimd's bus. */
    readonly vectorGpsimd: 'always' | 'fast-modes';
    /** Vector and Scalar at PSUM: always, or at one bank. */
    readonly vectorScalar: 'always' | 'same-bank';
  };
  /** DMA engines of one core, queues of one engine, and bytes per nanosecond of one engine. */
  readonly dma: { readonly engines: 16; readonly queues: 16; readonly bytesPerNanosecond: number };
}
