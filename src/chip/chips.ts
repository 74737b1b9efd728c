/**
 * trn1, trn2 and trn3 as data. Sources, in the AWS Neuron SDK documentation (2.32.0):
 *   [T1] nki/guides/architecture/trainium_inferentia2_arch.rst   [T2] .../trainium2_arch.rst   [T3] .../trainium3_arch.rst
 *   [H]  about-neuron/arch/neuron-hardware/*.rst                  [D]  about-neuron/arch/neuron-features/data-types.rst
 *   [B]  nki/deep-dives DMA bandwidth guide                       [A]  nki_direct_allocation_guide.rst (2.26.1)
 *   [M]  nki.isa.nc_matmul                                        [L]  nki.language.tile_size
 *   [X]  nki.isa.nc_matmul_mx, quantize_mx
 * Where two documents disagree, the NKI architecture guide of the chip is kept: its per-core figures are the ones that
 * equal clock x array, and published profiles agree with them.
 */
import { PACKED_DTYPES, type Dtype } from '../numerics';
import type { Chip, ChipName } from './types';

const GIB = 2 ** 30;
const KIB = 2 ** 10;

const INTEGERS = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'] as const satisfies readonly Dtype[];

// [M]: the formats nc_matmul lists on every chip.
const MATMUL = [
  'float32',
  'tfloat32',
  'bfloat16',
  'float16',
  'float8_e4m3',
  'float8_e5m2',
] as const satisfies readonly Dtype[];

// Named choice: [D] lists FP8_E3 from NeuronCore-v3 on and [T2] gives it bfloat16 speed, but NKI has no dtype for it.
// It is legal on trn2 and trn3, never double-row.
const MATMUL_V3 = [...MATMUL, 'float8_e3m4'] as const satisfies readonly Dtype[];

// [M]: float8_e4m3fn in nc_matmul from NeuronCore-v4 on (NKI 0.4.0); the compiler refuses it before.
const MATMUL_V4 = [...MATMUL_V3, 'float8_e4m3fn'] as const satisfies readonly Dtype[];

// [T2]: Vector's performance mode is for BF16 and FP16. [T3] adds FP8, and gives Scalar the mode of two; named choice: all of
// the chip's FP8 formats of numbers.
const FP8 = ['float8_e4m3', 'float8_e5m2', 'float8_e3m4'] as const satisfies readonly Dtype[];
const FAST_V3 = ['bfloat16', 'float16'] as const satisfies readonly Dtype[];
const FAST_V4 = [
  ...FAST_V3,
  'float8_e4m3',
  'float8_e5m2',
  'float8_e3m4',
  'float8_e4m3fn',
] as const satisfies readonly Dtype[];

/** The same on every chip [T1] [T2] [T3] [L]. */
const PSUM = { partitions: 128, banks: 8, bankBytes: 2048 } as const;
const ARRAY = { rows: 128, stationary: 128, float32Passes: 4 } as const;

function sbuf(kib: number, reservedKib: number): Chip['sbuf'] {
  return { partitions: 128, bytes: kib * KIB, usableBytes: (kib - reservedKib) * KIB };
}

export const CHIPS: Readonly<Record<ChipName, Chip>> = {
  trn1: {
    name: 'trn1',
    core: 'NeuronCore-v2',
    generation: 'gen2',
    cores: 2, // [H]
    clocks: { tensor: 2.8, vector: 1.12, scalar: 1.4, gpsimd: 1.4 }, // [T1]
    sbuf: sbuf(192, 16), // [T1]; [A] reserves 16 KiB for the compiler
    psum: PSUM,
    matmul: { ...ARRAY, transposePasses: 4, moving: 512, dtypes: MATMUL, doubleRow: [] },
    modes: { vector: null, scalar: null },
    dtypes: [...MATMUL, ...INTEGERS],
    packed: [],
    peakTflops: { bits16: 92, fp8: 92, float32: 23 }, // [T1]; [H] says 190 per chip, which is 2 x 95
    hbm: { bytes: 32 * GIB, bytesPerSecond: 820e9 }, // [T1]; [H] says 820 GiB/s
    ports: { vectorGpsimd: 'always', vectorScalar: 'always' }, // [T1]
    dma: { engines: 16, queues: 16, bytesPerNanosecond: 17 }, // [B], measured; [T1] gives 27 GiB/s as the theoretical rate
  },
  trn2: {
    name: 'trn2',
    core: 'NeuronCore-v3',
    generation: 'gen3',
    cores: 8, // [H]
    clocks: { tensor: 2.4, vector: 0.96, scalar: 1.2, gpsimd: 1.2 }, // [T2]
    sbuf: sbuf(224, 0), // [T2]; no document says that any of it is reserved
    psum: PSUM,
    matmul: {
      ...ARRAY,
      transposePasses: 2, // [T2]
      moving: 512,
      dtypes: MATMUL_V3,
      doubleRow: ['float8_e4m3', 'float8_e5m2'], // [T2] [M]
    },
    modes: { vector: { dtypes: FAST_V3, most: 4, narrowed: FP8 }, scalar: null }, // [T2]; a profile of rmsnorm: 8.8 us from 16384 bfloat16 to fp8
    dtypes: [...MATMUL_V3, ...INTEGERS],
    packed: [],
    peakTflops: { bits16: 79, fp8: 158, float32: 20 }, // [T2]; [H] says 667, 1299 and 181 per chip of 8
    hbm: { bytes: 96 * GIB, bytesPerSecond: 3e12 }, // [T2]; [H] says 2.9 TB/s
    ports: { vectorGpsimd: 'fast-modes', vectorScalar: 'same-bank' }, // [T2]
    dma: { engines: 16, queues: 16, bytesPerNanosecond: 23 }, // [B]
  },
  trn3: {
    name: 'trn3',
    core: 'NeuronCore-v4',
    generation: 'gen4',
    cores: 8, // [H]
    clocks: { tensor: 2.4, vector: 1.2, scalar: 1.2, gpsimd: 1.2 }, // [T3]
    sbuf: sbuf(256, 0), // [T3]: 32 MiB over 128 partitions
    psum: PSUM,
    matmul: {
      ...ARRAY,
      transposePasses: 2, // [T2]
      moving: 4096, // [M], into float32; the output then spans all 8 banks
      dtypes: MATMUL_V4,
      doubleRow: ['float8_e4m3', 'float8_e5m2', 'float8_e4m3fn'], // [T3] [M]
    },
    modes: {
      vector: { dtypes: FAST_V4, most: 4, narrowed: [] },
      scalar: { dtypes: FAST_V4, most: 2, narrowed: [] },
    }, // [T3]
    dtypes: [...MATMUL_V4, 'float8_e8m0fnu', ...INTEGERS], // float8_e8m0fnu: the scales of [X]
    packed: PACKED_DTYPES, // [X]
    peakTflops: { bits16: 79, fp8: 158, float32: 20 }, // [T3]; 315 is for MX formats
    hbm: { bytes: 144 * GIB, bytesPerSecond: 4.7e12 }, // [T3]; [H] says 4.9 TB/s
    ports: { vectorGpsimd: 'fast-modes', vectorScalar: 'same-bank' }, // [T3]
    dma: { engines: 16, queues: 16, bytesPerNanosecond: 33 }, // [B]
  },
};
