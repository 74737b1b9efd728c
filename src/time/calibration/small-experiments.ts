/** Measurements of single instructions and transfers: profiles of exp, of activations that wait for each other, rates of DMA. */
import type { ChipName } from '../../chip';
import { trace } from '../../kernel';
import { dependentActivations, expKernel, loads } from './kernels/small';
import { duration, interval, sustained, transfer, triggerToByte } from './measures';
import type { Experiment, Measurement } from './types';
import type { Timeline } from '../types';

const DMA_PAGE = 'nki/get-started/about/nki-dma-overview.rst';
const BANDWIDTH_PAGE = 'nki/deep-dives/nki-dma-bandwidth-guide.rst';
const WITHIN = 15;

/** From the trigger of the load until what waited for it, the load of the tables, may begin. */
function loadToUse({ start, end, timing, instructions }: Timeline): number {
  const load = instructions.findIndex(({ opcode }) => opcode === 'dma_copy');
  return (end[load] ?? NaN) + timing.semaphore - (start[load] ?? NaN);
}

interface Exp {
  readonly name: string;
  readonly shape: readonly [number, number];
  readonly mode: 'none' | 'swdge';
  readonly measurements: readonly Measurement[];
}

const expOf = ({ name, shape, mode, measurements }: Exp): Experiment => ({
  name,
  chip: 'trn2',
  schedule: false,
  program: () =>
    trace(expKernel(mode), { chip: 'trn2', inputs: { x: { shape, dtype: 'bfloat16' } } }).program,
  measurements,
});

type Given = Pick<Measurement, 'what' | 'published' | 'predict'> & Partial<Measurement>;

/** The remark of rows that a rule was taken from. */
const TABLES = 'The rule is that tables of Scalar load once the operands are there.';

/** Read off the axis of a figure; no bound is required. */
const figure = (name: string, given: Given): Measurement => ({
  unit: 'ns',
  source: `${DMA_PAGE}, ${name}`,
  reading: 'figure',
  remark: '',
  ...given,
});

const read = (name: string, given: Given): Measurement => ({ ...figure(name, given), bound: WITHIN });

const EXP_ONE_ENGINE = expOf({
  name: 'exp of bfloat16 [4, 4096]',
  shape: [4, 4096],
  mode: 'none',
  measurements: [
    read('nki-dma-intro-3.png', {
      what: 'load of 32 KiB by one engine',
      published: 1416,
      reading: 'written',
      predict: (timeline) => transfer(timeline, 'loads'),
    }),
    figure('nki-dma-intro-3.png', {
      what: 'store of 32 KiB by one engine',
      published: 1222,
      predict: (timeline) => transfer(timeline, 'stores'),
      remark: 'Faster than a load of as much; no document has rates of stores.',
    }),
    read('nki-dma-intro-3.png', {
      what: 'trigger of the load to its first byte',
      own: true,
      published: 900,
      predict: (timeline) => triggerToByte(timeline, 'loads'),
    }),
    read('nki-dma-intro-3.png', {
      what: 'exp of 4096 elements',
      own: true,
      published: 3710,
      predict: (timeline) => duration(timeline, 'activation'),
    }),
    figure('nki-dma-intro-3.png', {
      what: 'total, trigger of the load to the end of the store',
      own: true,
      published: 9935,
      predict: (timeline) => timeline.total,
      remark: TABLES,
    }),
  ],
});

const EXP_ALL_ENGINES = expOf({
  name: 'exp of bfloat16 [128, 128]',
  shape: [128, 128],
  mode: 'swdge',
  measurements: [
    read('nki-dma-intro-7.png', {
      what: 'load of 32 KiB by 16 engines',
      own: true,
      published: 468,
      reading: 'written',
      predict: (timeline) => transfer(timeline, 'loads'),
    }),
    figure('nki-dma-intro-7.png', {
      what: 'store of 32 KiB by 16 engines',
      published: 247,
      predict: (timeline) => transfer(timeline, 'stores'),
      remark:
        'Engines begin a store closer together than a load; which of the two is the rule no document says.',
    }),
    read('nki-dma-intro-6.png and 7.png', {
      what: 'trigger of the load to its first byte',
      own: true,
      published: 739,
      reading: 'written',
      predict: (timeline) => triggerToByte(timeline, 'loads'),
    }),
    read('nki-dma-intro-6.png and 7.png', {
      what: 'trigger of the load to the start of Scalar',
      own: true,
      published: 1500,
      predict: loadToUse,
    }),
    read('nki-dma-intro-7.png', {
      what: 'load of the tables of exp',
      own: true,
      published: 1280,
      predict: ({ timing }) => timing.tableLoad,
      remark: '',
    }),
    read('nki-dma-intro-7.png', {
      what: 'exp of 128 elements',
      own: true,
      published: 400,
      predict: (timeline) => duration(timeline, 'activation'),
    }),
    figure('nki-dma-intro-7.png', {
      what: 'total, trigger of the load to the end of the store',
      own: true,
      published: 4983,
      predict: (timeline) => timeline.total,
      remark: `${TABLES} Between exp and the trigger of the store the profile has 880 ns, of which no document says why.`,
    }),
  ],
});

/** 8 rows of 256 bytes: what one engine has of [128, 128]. */
const ONE_ENGINE = expOf({
  name: 'exp of bfloat16 [8, 128]',
  shape: [8, 128],
  mode: 'swdge',
  measurements: [
    read('nki-dma-intro-5.png', {
      what: 'load of 2 KiB, 8 rows of 256 B, by one engine',
      own: true,
      published: 97,
      reading: 'written',
      predict: (timeline) => transfer(timeline, 'loads'),
      remark: 'Measured as the part of one engine in the load of [128, 128].',
    }),
  ],
});

const SUSTAINED_BYTES = 4096;

const sustainedOn = (chip: ChipName, rate: number): Experiment => ({
  name: `loads of [128 partitions, 4 KiB]`,
  chip,
  schedule: false,
  program: () =>
    trace(loads, { chip, inputs: { x: { shape: [128 * 32, SUSTAINED_BYTES / 4], dtype: 'float32' } } })
      .program,
  measurements: [
    {
      what: 'rate of an engine',
      own: true,
      unit: 'B/ns',
      published: rate,
      source: `${BANDWIDTH_PAGE}, table`,
      reading: 'written',
      predict: (timeline) => sustained(timeline, 128 * SUSTAINED_BYTES),
      remark: '',
      bound: WITHIN,
    },
  ],
});

const DEPENDENT: Experiment = {
  name: 'activations of one element, each of the result of the one before',
  chip: 'trn1',
  schedule: false,
  program: () =>
    trace(dependentActivations, { chip: 'trn1', inputs: { x: { shape: [128, 1], dtype: 'float32' } } })
      .program,
  measurements: [
    {
      what: 'interval',
      own: true,
      unit: 'ns',
      published: 189,
      source: 'nki/deep-dives/nki_perf_guide.rst, Opt #5a, fig16.png',
      reading: 'written',
      predict: (timeline) => interval(timeline, 'activation'),
      remark: '',
      bound: WITHIN,
    },
  ],
};

export const SMALL_EXPERIMENTS: readonly Experiment[] = [
  EXP_ONE_ENGINE,
  EXP_ALL_ENGINES,
  ONE_ENGINE,
  sustainedOn('trn1', 17),
  sustainedOn('trn2', 23),
  sustainedOn('trn3', 33),
  DEPENDENT,
];
