/** The same work on a GPU that its user describes: as fast as its multipliers or its memory allow, at a share of their peaks. */
import { nearestName, UserError } from '../../numerics';
import type { Unit } from './cost';
import { EXAMPLE_PRICES, exampleOf, GPU_INSTANCES, sourceOf } from './examples';
import {
  countText,
  durationText,
  MOST_PRICE,
  NS_PER_HOUR,
  numberText,
  percentText,
  requireAbove0,
  requireAmount,
  requireShare,
} from './numbers';

export interface Gpu {
  /** What it is called; 'the GPU' when left out. */
  readonly name?: string | undefined;
  /** TFLOP/s of the format that is multiplied. */
  readonly peak: number;
  /** GB/s of its memory. */
  readonly bandwidth: number;
  /** Share of either peak that is reached, above 0, at most 1. */
  readonly efficiency: number;
  /** USD per hour of one GPU. */
  readonly usdPerHour: number;
  /** Where the price comes from, with its date; the user's own when left out. */
  readonly source?: string | undefined;
}

/** What one run does. */
export interface Work {
  /** Operations: two for each multiply-add. */
  readonly flops: number;
  /** Bytes that it moves between memory and the chip. */
  readonly bytes: number;
  /** Whether these are the bytes that the Program moves, or each input and output once; the first when left out. */
  readonly moved?: 'by the Program' | 'once' | undefined;
}

export interface GpuCost {
  readonly name: string;
  /** ns of one run. */
  readonly timeNs: number;
  readonly bound: 'multipliers' | 'memory';
  readonly nsPerUnit: number;
  readonly usdPerUnit: number;
  readonly assumptions: readonly string[];
}

/** @throws UserError for a GPU or work that cannot be. */
export function gpuCostOf(gpu: Gpu, work: Work, unit: Unit = 'product', runs = 1): GpuCost {
  const { name = 'the GPU', peak, bandwidth, efficiency, usdPerHour } = gpu;
  requireGpu(gpu);
  requireAmount('flops of a run', work.flops);
  requireAmount('bytes of a run', work.bytes);
  requireAbove0('flops and bytes of a run together', work.flops + work.bytes);
  requireAbove0('runs', runs);
  // TFLOP/s are 1,000 flop/ns, GB/s bytes/ns.
  const multiplying = work.flops / (peak * 1000 * efficiency);
  const moving = work.bytes / (bandwidth * efficiency);
  const timeNs = Math.max(multiplying, moving);
  const bound = multiplying >= moving ? 'multipliers' : 'memory';
  const nsPerUnit = timeNs * runs;
  return {
    name,
    timeNs,
    bound,
    nsPerUnit,
    usdPerUnit: (usdPerHour * nsPerUnit) / NS_PER_HOUR,
    assumptions: assumptionsOf(gpu, work, timeNs, bound, unit, runs),
  };
}

function requireGpu({ peak, bandwidth, efficiency, usdPerHour }: Gpu): void {
  requireAbove0('peak of the GPU, in TFLOP/s,', peak);
  requireAbove0('bandwidth of the GPU, in GB/s,', bandwidth);
  requireShare('efficiency of the GPU, the share of its peaks that it reaches,', efficiency);
  requireAbove0('price of the GPU, in USD per hour,', usdPerHour, MOST_PRICE);
}

const BOUND_WORDS = {
  multipliers: 'multiplying takes longer than moving',
  memory: 'moving takes longer than multiplying',
} as const satisfies Record<GpuCost['bound'], string>;

const MOVED_WORDS = {
  'by the Program':
    'as many as the Program moves between HBM and the chip, which another kernel on another chip would not',
  once: 'each input and output once, which is the least',
} as const satisfies Record<NonNullable<Work['moved']>, string>;

function assumptionsOf(
  { name = 'the GPU', peak, bandwidth, efficiency, usdPerHour, source }: Gpu,
  { flops, bytes, moved = 'by the Program' }: Work,
  timeNs: number,
  bound: GpuCost['bound'],
  unit: Unit,
  runs: number,
): string[] {
  const subject = name.charAt(0).toUpperCase() + name.slice(1);
  return [
    `${subject} has a peak of ${numberText(peak)} TFLOP/s and moves ${numberText(bandwidth)} GB/s at most, as was given, and reaches ${percentText(efficiency)} of either: assumed, not measured.`,
    `There, one run is ${numberText(flops)} operations and ${numberText(bytes)} bytes: ${MOVED_WORDS[moved]}.`,
    `So one run takes ${durationText(timeNs)}, since ${BOUND_WORDS[bound]} and both go on at once; a ${unit} takes ${countText(runs, 'run')}.`,
    `An hour of it costs $${numberText(usdPerHour)}: ${source ?? 'the price that was given'}; all of it is busy with runs.`,
  ];
}

const FIELDS = ['peak', 'bandwidth', 'efficiency', 'price', 'name'] as const;

const FORM =
  'peak=TFLOP/s,bandwidth=GB/s,efficiency=SHARE,price=USD per hour, as in peak=989,bandwidth=3350,efficiency=0.5,price=4.326';

/**
 * `peak=989,bandwidth=3350,efficiency=0.5,price=4.326`, in any order, with `name=...` where it has one; the price is of one GPU, or the
 * name of an instance that has an example price, as p5.4xlarge.
 *
 * @throws UserError for another text.
 */
export function parseGpu(text: string): Gpu {
  const fields = new Map<string, string>();
  for (const part of text.split(',')) {
    const [, key, value] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    if (key === undefined || value === undefined) {
      throw new UserError(`A GPU is ${FORM}; received "${part}" in "${text}".`);
    }
    if (!FIELDS.some((field) => field === key)) {
      const nearest = nearestName(key, FIELDS);
      throw new UserError(
        `A GPU has ${FIELDS.join(', ')}, received "${key}"${nearest === undefined ? '' : `; the nearest is ${nearest}`}.`,
      );
    }
    if (fields.has(key)) throw new UserError(`The ${key} of a GPU is given once, received "${text}".`);
    fields.set(key, value);
  }
  const missing = FIELDS.filter((field) => field !== 'name' && !fields.has(field));
  if (missing.length > 0) throw new UserError(`A GPU is ${FORM}; "${text}" lacks ${missing.join(', ')}.`);
  const numberOf = (field: string): number => {
    const word = fields.get(field) ?? '';
    const number = word === '' ? NaN : Number(word);
    if (Number.isFinite(number)) return number;
    throw new UserError(
      `The ${field} of a GPU is a number without a unit, received "${word}": a GPU is ${FORM}.`,
    );
  };
  const name = fields.get('name');
  const gpu = {
    ...(name !== undefined && name !== '' && { name }),
    peak: numberOf('peak'),
    bandwidth: numberOf('bandwidth'),
    efficiency: numberOf('efficiency'),
    ...priceOf(fields.get('price') ?? ''),
  };
  requireGpu(gpu);
  return gpu;
}

/** Of one GPU. */
function priceOf(word: string): Pick<Gpu, 'usdPerHour' | 'source'> {
  const example = exampleOf(word);
  if (example === undefined || !isGpuInstance(example.instance)) {
    const usdPerHour = word === '' ? NaN : Number(word);
    if (usdPerHour > 0 && usdPerHour < Infinity) return { usdPerHour };
    const named = EXAMPLE_PRICES.map(({ instance }) => instance).filter(isGpuInstance);
    throw new UserError(
      `The price of a GPU must be USD per hour, a number above 0, or one of ${[...new Set(named)].join(', ')}, received "${word}".`,
    );
  }
  const gpus = GPU_INSTANCES[example.instance];
  return {
    usdPerHour: example.perHour / gpus,
    source: `${sourceOf(example)}${gpus === 1 ? '' : `, divided by its ${gpus} GPUs`}`,
  };
}

const isGpuInstance = (name: string): name is keyof typeof GPU_INSTANCES =>
  Object.hasOwn(GPU_INSTANCES, name);
