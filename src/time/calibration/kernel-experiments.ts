/** Whole kernels: Mamba and layernorm on trn1, rmsnorm with quantisation on trn2. */
import { trace, type Kernel } from '../../kernel';
import { mamba1, mamba2, mamba3 } from './kernels/mamba';
import { layernorm1, layernorm2, rmsnormQuantize } from './kernels/normalization';
import { activeShare, duration, interval, span, transfer } from './measures';
import type { Experiment, Measurement } from './types';
import type { Timeline } from '../types';

const MAMBA_PAGE = 'nki/guides/tutorials/fused_mamba.rst';
const STATES = 16;
const ASSUMED = 'Rows of b and c are broadcast by the Tensor engine and read from PSUM.';
const HOISTED = `${ASSUMED} delta u, the same for all states, is assumed to be computed once.`;

interface Mamba {
  readonly version: Kernel<'delta' | 'u' | 'a' | 'b' | 'c'>;
  readonly channels: number;
  readonly steps: number;
  readonly measurements: readonly Measurement[];
}

const mambaOf = ({ version, channels, steps, measurements }: Mamba): Experiment => ({
  name: `${version.name} of ${channels} channels, ${steps} steps, ${STATES} states`,
  chip: 'trn1',
  schedule: true,
  program: () =>
    trace(version, {
      chip: 'trn1',
      inputs: {
        delta: { shape: [channels, steps], dtype: 'float32' },
        u: { shape: [channels, steps], dtype: 'float32' },
        a: { shape: [channels, STATES], dtype: 'float32' },
        b: { shape: [STATES, steps], dtype: 'float32' },
        c: { shape: [STATES, steps], dtype: 'float32' },
      },
    }).program,
  measurements,
});

const inMs = (published: number, source: string, remark: string): Measurement => ({
  what: 'total',
  unit: 'ms',
  published,
  source: `${MAMBA_PAGE}, ${source}`,
  reading: 'written',
  predict: ({ total }) => total / 1e6,
  remark,
});

const MAMBA: readonly Experiment[] = [
  mambaOf({
    version: mamba1,
    channels: 256,
    steps: 512,
    measurements: [
      {
        what: 'total',
        unit: 'us',
        published: 172.93,
        source: `${MAMBA_PAGE}, mamba_v1_profile.png`,
        reading: 'written',
        predict: ({ total }) => total / 1e3,
        remark: `${ASSUMED} 17 us before the first instruction of Vector and 5 us after the last are the start and end of every run, which are not modelled.`,
      },
      {
        what: 'first to last instruction of Vector',
        unit: 'us',
        published: 150.93,
        source: `${MAMBA_PAGE}, mamba_v1_profile_zoomed.png`,
        reading: 'written',
        predict: (timeline) => span(timeline, 'vector') / 1e3,
        remark: ASSUMED,
      },
    ],
  }),
  mambaOf({
    version: mamba1,
    channels: 4096,
    steps: 512,
    measurements: [
      inMs(
        2.34,
        'mamba_v1_profile_4k_chan.png',
        `${ASSUMED} The profile loads delta and u about 7 times, ours 16 times.`,
      ),
    ],
  }),
  mambaOf({
    version: mamba2,
    channels: 4096,
    steps: 512,
    measurements: [
      inMs(1.61, 'mamba_v2.png', HOISTED),
      {
        what: 'Vector active',
        unit: '%',
        published: 99.63,
        source: `${MAMBA_PAGE}, mamba_v2.png`,
        reading: 'written',
        predict: (timeline) => activeShare(timeline, 'vector'),
        remark: 'Of the time between its first and its last instruction.',
      },
    ],
  }),
  ...(
    [
      [1024, 3.3],
      [2048, 6.6],
      [4096, 13.3],
      [8192, 27.8],
    ] as const
  ).map(([steps, published]) =>
    mambaOf({
      version: mamba3,
      channels: 4096,
      steps,
      measurements: [inMs(published, 'table of latencies by seq_len', HOISTED)],
    }),
  ),
];

const LAYERNORM_PAGE = 'nki/tutorials/layernorm.rst of 2.26.1';

const layernormOf = (
  version: Kernel<'x' | 'gain' | 'offset'>,
  [rows, columns]: readonly [number, number],
  published: number,
  remark: string,
): Experiment => ({
  name: `${version.name} of float32 [${rows}, ${columns}]`,
  chip: 'trn1',
  schedule: true,
  program: () =>
    trace(version, {
      chip: 'trn1',
      inputs: {
        x: { shape: [rows, columns], dtype: 'float32' },
        gain: { shape: [1, columns], dtype: 'float32' },
        offset: { shape: [1, columns], dtype: 'float32' },
      },
    }).program,
  measurements: [
    {
      what: 'total',
      unit: 'us',
      published,
      source: `${LAYERNORM_PAGE}, median latency`,
      reading: 'written',
      predict: ({ total }) => total / 1e3,
      remark,
    },
  ],
});

const AS_WRITTEN =
  'The shape that the text gives. 2.4 MB in 2 ms are 0.4 % of what DMA moves, so that this is not the shape that was measured, or mostly not the kernel.';
const AS_RUN =
  'The same latency, taken to be of the shape that the measuring script has when it is given none.';

const LAYERNORM: readonly Experiment[] = [
  layernormOf(layernorm1, [300, 1000], 2311, AS_WRITTEN),
  layernormOf(layernorm2, [300, 1000], 1969, AS_WRITTEN),
  layernormOf(layernorm1, [4096, 8192], 2311, AS_RUN),
  layernormOf(layernorm2, [4096, 8192], 1969, AS_RUN),
];

const RMSNORM_PAGE = 'nki/library/specs/design-rmsnorm-quant.rst';

const phase = (
  what: string,
  published: number,
  figure: string,
  predict: (timeline: Timeline) => number,
  remark = '',
): Measurement => ({
  what,
  unit: 'us',
  published,
  source: `${RMSNORM_PAGE}, ${figure}`,
  reading: 'figure',
  predict: (timeline) => predict(timeline) / 1e3,
  remark,
});

/** 160 rows on two cores. */
const RMSNORM: Experiment = {
  name: 'rmsnorm and quantisation of bfloat16 [80, 16384] on one core of two',
  chip: 'trn2',
  schedule: false,
  program: () =>
    trace(rmsnormQuantize, {
      chip: 'trn2',
      inputs: {
        x: { shape: [80, 16384], dtype: 'bfloat16' },
        gain: { shape: [1, 16384], dtype: 'bfloat16' },
      },
    }).program,
  measurements: [
    phase('load of x', 12.1, 'profile_overall.png', (timeline) => transfer(timeline, 'loads')),
    phase('squares and their sum, on Scalar', 15.3, 'profile_phase_2.png', (timeline) =>
      duration(timeline, 'activation_reduce'),
    ),
    {
      ...phase('interval of scalings of 512 elements, from PSUM', 0.66, 'profile_phase_2.png', (timeline) =>
        interval(timeline, 'scalar_tensor_tensor'),
      ),
      own: true,
    },
    phase('largest of each row', 17.2, 'profile_phase_3.png', (timeline) =>
      duration(timeline, 'tensor_reduce'),
    ),
    {
      ...phase('scaling to fp8', 8.8, 'profile_phase_3.png', (timeline) =>
        duration(timeline, 'tensor_scalar', 1),
      ),
      own: true,
    },
    phase(
      'total, trigger of the first load to the end of the last store',
      83,
      'profile_overall.png',
      ({ total }) => total,
      'Without the few bytes at a time in which the compiler loaded the gains. What two of its phases cost was taken from the rows above.',
    ),
  ],
};

export const KERNEL_EXPERIMENTS: readonly Experiment[] = [...MAMBA, ...LAYERNORM, RMSNORM];
