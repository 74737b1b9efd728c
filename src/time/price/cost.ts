/**
 * What a Program costs: the time of one run, how many runs make what the user counts, what they run on, and the price of an hour.
 * Runs are independent and shared out evenly, so that costs are those of a long series of them. Whatever was assumed is said.
 */
import { CHIPS } from '../../chip';
import type { ChipName } from '../../chip';
import { UserError } from '../../numerics';
import { INSTANCES } from './instances';
import {
  countText,
  durationText,
  NS_PER_HOUR,
  numberText,
  percentText,
  requireAbove0,
  requireCount,
  requireShare,
} from './numbers';
import { priceText, requirePrice, type Price } from './price';

/** What is counted: what the runs together make. */
export const UNITS = ['product', 'token', 'training step'] as const;

export type Unit = (typeof UNITS)[number];

/** On how many cores of each chip, chips of each instance, and instances. */
export interface Size {
  readonly cores: number;
  readonly chips: number;
  readonly instances: number;
}

export interface CostRequest extends Partial<Size> {
  readonly chip: ChipName;
  /** ns of one run on one core. */
  readonly timeNs: number;
  /** Cores of the chip that ran the Program at once, and shared its HBM, when it was timed; 1 when left out. */
  readonly timedCores?: number | undefined;
  readonly price: Price;
  /** 'product' when left out. */
  readonly unit?: Unit | undefined;
  /** Runs of the Program that make one unit; 1 when left out. A part of a run is a unit too: of 32 tokens a run, 1/32. */
  readonly runs?: number | undefined;
  /** Share of its speed alone that a core keeps where several run, an assumption; 1 when left out. */
  readonly scaling?: number | undefined;
}

export interface Cost {
  readonly unit: Unit;
  readonly size: Size;
  /** ns between the ends of two units, all cores together. */
  readonly nsPerUnit: number;
  /** USD of an hour of all that is paid for. */
  readonly usdPerHour: number;
  readonly usdPerUnit: number;
  /** Sentences: without them the numbers mean nothing. */
  readonly assumptions: readonly string[];
}

/** @throws UserError for what cannot be: no price, more cores than the chip has, more chips than the instance. */
export function costOf(request: CostRequest): Cost {
  const { chip, timeNs, price, unit = 'product', runs = 1, scaling = 1 } = request;
  const size = sizeOf(request);
  requireAbove0('time of a run, in ns,', timeNs);
  requireAbove0('runs', runs);
  requireShare('efficiency of scaling', scaling);
  requireCount('cores that it was timed with', request.timedCores ?? 1, CHIPS[chip].cores);
  requirePrice(price, chip);
  requireFit(size, price);
  const workers = size.cores * size.chips * size.instances;
  const nsPerUnit = (timeNs * runs) / (workers === 1 ? 1 : workers * scaling);
  const usdPerHour = price.usdPerHour * paidFor(size)[price.per];
  return {
    unit,
    size,
    nsPerUnit,
    usdPerHour,
    usdPerUnit: (usdPerHour * nsPerUnit) / NS_PER_HOUR,
    assumptions: assumptionsOf(request, size, workers),
  };
}

function sizeOf({ chip, cores = 1, chips = 1, instances = 1 }: CostRequest): Size {
  requireCount(`cores of each ${chip}`, cores, CHIPS[chip].cores);
  requireCount('chips of each instance', chips);
  requireCount('instances', instances);
  return { cores, chips, instances };
}

function requireFit({ chips }: Size, { instance }: Price): void {
  if (instance === undefined || chips <= INSTANCES[instance].chips) return;
  throw new UserError(
    `chips of each instance must be at most the ${INSTANCES[instance].chips} of ${instance}, received ${chips}.`,
  );
}

/** How many of each are paid for. */
const paidFor = ({ cores, chips, instances }: Size) => ({
  core: cores * chips * instances,
  chip: chips * instances,
  instance: instances,
});

function assumptionsOf(request: CostRequest, size: Size, workers: number): string[] {
  const { chip, timeNs, price, unit = 'product', runs = 1, scaling, timedCores = 1 } = request;
  const { cores } = size;
  return [
    `One run takes ${durationText(timeNs)} on one core of ${chip}: predicted by a model, not measured on a chip.`,
    `A ${unit} takes ${countText(runs, 'run')}; runs do not depend on each other, and many follow one another.`,
    priceText(price),
    ...idleText(chip, size, price),
    ...(workers === 1
      ? []
      : [
          `${countText(workers, 'core')} share the runs evenly, and do ${numberText(workers * (scaling ?? 1))} times the work of one: an efficiency of scaling of ${percentText(scaling ?? 1)}, which ${scaling === undefined ? 'nobody gave' : 'was given'} and nothing proves.`,
        ]),
    ...(cores === timedCores
      ? []
      : [
          `The time is that of ${countText(timedCores, 'core')} of a chip at HBM; here ${countText(cores, 'core')} of each share it.`,
        ]),
    'All that is paid for is busy with runs: what starting, waiting, hosts, storage and networks cost is left out.',
  ];
}

/** What is paid for and does nothing. */
function idleText(chip: ChipName, { cores, chips }: Size, { per, instance }: Price): string[] {
  const idle: string[] = [];
  const all = CHIPS[chip].cores;
  if (per !== 'core' && cores < all) idle.push(`${all - cores} of the ${all} cores of each chip`);
  const has = per === 'instance' && instance !== undefined ? INSTANCES[instance].chips : chips;
  if (chips < has) idle.push(`${has - chips} of the ${has} chips of each instance`);
  return idle.length === 0 ? [] : [`Paid for and idle: ${idle.join(', ')}.`];
}

/** One core, then twice as many each time, chips once all cores are taken, then instances: up to `most` of each. */
export function sizesUpTo(most: Size): Size[] {
  const sizes: Size[] = [{ cores: 1, chips: 1, instances: 1 }];
  const grow = (part: keyof Size) => {
    const last = sizes.at(-1);
    for (let count = 2; last !== undefined && last[part] < most[part]; count *= 2) {
      sizes.push({ ...last, [part]: Math.min(count, most[part]) });
      if (count >= most[part]) return;
    }
  };
  for (const part of ['cores', 'chips', 'instances'] as const) grow(part);
  return sizes;
}
