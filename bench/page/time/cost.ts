/** The form of a cost as the user leaves it, and what it says of a timed Program: lines, with all that was assumed below them. */
import { UserError } from '../../../src/numerics';
import {
  comparedLines,
  compareCosts,
  costTableLines,
  EXAMPLE_PRICES,
  INSTANCE_NAMES,
  INSTANCES,
  parsePrice,
  UNITS,
  type CostRequest,
  type ExamplePrice,
  type Gpu,
  type InstanceName,
  type Unit,
} from '../../../src/time/price';
import type { ChipName } from '../../../src/chip';
import type { Timed } from './protocol';

/** Numbers are text until they are read. */
export interface CostDraft {
  /** USD per hour. */
  readonly price: string;
  /** `core`, `chip`, or the name of an instance. */
  readonly per: string;
  readonly unit: Unit;
  /** Runs of the Program that make one. */
  readonly runs: string;
  readonly cores: string;
  readonly chips: string;
  readonly instances: string;
  /** Of its speed alone that a core keeps; empty for all of it. */
  readonly scaling: string;
  /** All of them, or none. */
  readonly gpuPeak: string;
  readonly gpuBandwidth: string;
  readonly gpuEfficiency: string;
  readonly gpuPrice: string;
}

export const COST_UNITS = UNITS;

export const costDraft = (cores: number): CostDraft => ({
  price: '',
  per: 'chip',
  unit: 'product',
  runs: '1',
  cores: String(cores),
  chips: '1',
  instances: '1',
  scaling: '',
  gpuPeak: '',
  gpuBandwidth: '',
  gpuEfficiency: '',
  gpuPrice: '',
});

/** What a price may be of, on a chip. */
export const pricedOf = (chip: ChipName): readonly string[] => ['core', 'chip', ...instancesOf(chip)];

const instancesOf = (chip: ChipName): readonly InstanceName[] =>
  INSTANCE_NAMES.filter((name) => INSTANCES[name].chip === chip);

/** The dated example of each instance of a chip. */
export function examplesOf(chip: ChipName): readonly ExamplePrice[] {
  const names: readonly string[] = instancesOf(chip);
  return EXAMPLE_PRICES.filter(
    ({ instance }, index) =>
      names.includes(instance) && EXAMPLE_PRICES.findIndex((each) => each.instance === instance) === index,
  );
}

const GPU_FIELDS = ['gpuPeak', 'gpuBandwidth', 'gpuEfficiency', 'gpuPrice'] as const;

/** Lines, the assumptions among them. @throws UserError for what cannot be, with what is wrong. */
export function costTextLines(
  draft: CostDraft,
  {
    timeline,
    chip,
    cores,
    flops,
    hbmBytes,
  }: Pick<Timed, 'chip' | 'cores' | 'flops' | 'hbmBytes'> & {
    readonly timeline: Pick<Timed['timeline'], 'total'>;
  },
): readonly string[] {
  const request: CostRequest = {
    chip,
    timeNs: timeline.total,
    timedCores: cores,
    price: priceOf(draft),
    unit: draft.unit,
    runs: numberOf('Runs', draft.runs),
    cores: numberOf('Cores of each chip', draft.cores),
    chips: numberOf('Chips of each instance', draft.chips),
    instances: numberOf('Instances', draft.instances),
    ...(draft.scaling.trim() !== '' && { scaling: numberOf('Efficiency of scaling', draft.scaling) }),
  };
  const gpu = gpuOf(draft);
  if (gpu === undefined) return costTableLines(request);
  return comparedLines(compareCosts(request, gpu, { flops, bytes: hbmBytes, moved: 'once' }));
}

/** The example's own price keeps its source. */
function priceOf({ price, per }: CostDraft): CostRequest['price'] {
  const example = EXAMPLE_PRICES.find(({ instance }) => instance === per);
  if (example !== undefined && Number(price) === example.perHour) return parsePrice(per);
  return parsePrice(`${price.trim()}/${per}`);
}

function gpuOf(draft: CostDraft): Gpu | undefined {
  const given = GPU_FIELDS.filter((field) => draft[field].trim() !== '');
  if (given.length === 0) return undefined;
  if (given.length < GPU_FIELDS.length) {
    throw new UserError('A GPU has a peak, a bandwidth, an efficiency and a price: give all four, or none.');
  }
  return {
    peak: numberOf('The peak of the GPU', draft.gpuPeak),
    bandwidth: numberOf('The bandwidth of the GPU', draft.gpuBandwidth),
    efficiency: numberOf('The efficiency of the GPU', draft.gpuEfficiency),
    usdPerHour: numberOf('The price of the GPU', draft.gpuPrice),
  };
}

function numberOf(what: string, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UserError(`${what} is a number, received "${text.slice(0, 40)}".`);
}
