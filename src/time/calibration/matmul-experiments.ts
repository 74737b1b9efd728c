/** The four float32 steps of 4096 x 8192 x 8192 on trn2 (kernels/matmul.ts), their profiles, and passes of the array. */
import { trace, type Kernel } from '../../kernel';
import { hoisted, blockedAll, blockedFree, tiled } from './kernels/matmul';
import { activeShare, duration, interval, packetTime } from './measures';
import type { Experiment, Measurement } from './types';

const PAGE = 'nki/guides/tutorials/kernel-optimization.rst';
const [M, N, K] = [4096, 8192, 8192];

const OVERLAP =
  'The profiler counts an instruction from its start until it ends, so that a wait of the array inside it counts as active.';
const ANY =
  'The time in which any of the 16 engines moves anything; a share near 100 % says little of their load.';

interface Published {
  /** ms. */
  readonly total: number;
  readonly within: number;
  readonly tensor: number;
  readonly dma: number;
  /** Of all 16 engines, ms. */
  readonly packets: number;
  readonly figure: string;
  readonly remark: string;
  readonly more?: readonly Measurement[];
}

function stepOf(step: Kernel<'lhsT' | 'rhs'>, published: Published): Experiment {
  const { total, within, tensor, dma, packets, figure, remark, more = [] } = published;
  return {
    name: `float32 ${M} x ${N} x ${K}, ${step.name.replace('_', ' ')}`,
    chip: 'trn2',
    schedule: true,
    program: () =>
      trace(step, {
        chip: 'trn2',
        inputs: { lhsT: { shape: [K, M], dtype: 'float32' }, rhs: { shape: [K, N], dtype: 'float32' } },
      }).program,
    measurements: [
      {
        what: 'total',
        unit: 'ms',
        published: total,
        source: `${PAGE}, ${figure}-full.png`,
        reading: 'written',
        predict: (timeline) => timeline.total / 1e6,
        remark,
        bound: within,
      },
      {
        what: 'Tensor active',
        unit: '%',
        published: tensor,
        source: `${PAGE}, ${figure}-pe.png`,
        reading: 'written',
        predict: (timeline) => activeShare(timeline, 'tensor'),
        remark: OVERLAP,
      },
      {
        what: 'DMA active',
        unit: '%',
        published: dma,
        source: `${PAGE}, ${figure}-dma.png`,
        reading: 'written',
        predict: (timeline) => activeShare(timeline, 'loads', 'stores'),
        remark: ANY,
      },
      {
        what: 'time of all DMA packets',
        unit: 'ms',
        published: packets,
        source: `${PAGE}, ${figure}-dma.png`,
        reading: 'written',
        predict: (timeline) => packetTime(timeline) / 1e6,
        remark: 'The sum over the 16 engines. Ours has the overhead of a transfer in it.',
      },
      ...more,
    ],
  };
}

export const MATMUL_EXPERIMENTS: readonly Experiment[] = [
  stepOf(tiled, {
    total: 39.89,
    within: 10,
    tensor: 87.28,
    dma: 99.93,
    packets: 519.58,
    figure: 'v2',
    remark:
      'DMA is what it waits for. Throttling of the array, which the profile shows at times, is not modelled.',
  }),
  stepOf(hoisted, {
    total: 28.2,
    within: 3,
    tensor: 99.85,
    dma: 99.73,
    packets: 402.07,
    figure: 'v3',
    remark: 'The array is the limit, the DMA engines nearly so.',
    more: [
      {
        what: 'interval of passes',
        unit: 'ns',
        published: 860,
        source: `${PAGE}, v3-zoom.png: two of 430 ns, since float32 is two instructions of the hardware`,
        reading: 'figure',
        predict: (timeline) => interval(timeline, 'nc_matmul'),
        remark: 'Four passes of 512 columns are 853.3 ns of the clock that is documented.',
        bound: 15,
      },
      {
        what: 'copy of a PSUM bank by Vector',
        unit: 'ns',
        published: 696,
        source: `${PAGE}, v3-zoom.png`,
        reading: 'figure',
        predict: (timeline) => duration(timeline, 'tensor_copy', 4),
        remark: '',
      },
    ],
  }),
  stepOf(blockedFree, {
    total: 28.41,
    within: 3,
    tensor: 99.52,
    dma: 95.7,
    packets: 390.69,
    figure: 'v4',
    remark: 'rhs is loaded for each row of tiles, as the bandwidth of the profile shows (kernels/matmul.ts).',
  }),
  stepOf(blockedAll, {
    total: 28.3,
    within: 3,
    tensor: 99.5,
    dma: 21.54,
    packets: 81.73,
    figure: 'v5',
    remark:
      'Assumed of the compiler (kernels/matmul.ts): every sixth sum is spilled, as the bandwidth of the profile shows, and four tiles are summed at once; one by one as written gives 7 % too much, two at once 3.6 %.',
    more: [
      {
        what: 'first column of a pass to its sums in PSUM',
        own: true,
        unit: 'ns',
        published: 1022,
        source: `${PAGE}, v5-zoom.png: the second instruction of a pass begins after 430 ns and lasts 592, as in nki-profiler-7.png`,
        reading: 'figure',
        predict: (timeline) => duration(timeline, 'nc_matmul', 64),
        remark: 'It is the depth of the array.',
      },
      {
        what: 'Vector active',
        unit: '%',
        published: 10.55,
        source: `${PAGE}, v5-vec.png`,
        reading: 'written',
        predict: (timeline) => activeShare(timeline, 'vector'),
        remark: OVERLAP,
      },
    ],
  }),
];
