/**
 * The form of a cost as the user leaves it, and what it says of a timed Program: what is wrong is said per field, and nothing is said
 * without what was assumed. What a number may be, the cost itself says (src/time/price): each field is tried with all others sound.
 */
import type { ChipName } from '../../../src/chip';
import { UserError } from '../../../src/numerics';
import {
  comparedLines,
  compareCosts,
  costOf,
  costTableLines,
  EXAMPLE_PRICES,
  exampleOf,
  gpuCostOf,
  INSTANCE_NAMES,
  INSTANCES,
  parsePrice,
  UNITS,
  type CostRequest,
  type ExamplePrice,
  type Gpu,
  type InstanceName,
  type Price,
  type Unit,
  type Work,
} from '../../../src/time/price';
import { oneOf, quoted } from '../../settings';
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

/** What the user changed. It outlives a timing: the rest follows what was timed. */
export type CostEdits = Partial<CostDraft>;

/** What is said of a cost; neither part is shown without the other. */
export interface CostSaid {
  readonly lines: readonly string[];
  readonly assumed: readonly string[];
}

export interface CostReading {
  /** Null where a field has a problem. */
  readonly said: CostSaid | null;
  readonly problems: Readonly<Partial<Record<keyof CostDraft, string>>>;
  /** Why what was timed has no cost, whatever the form says. */
  readonly unpriced?: string;
}

/** Of what was timed, what a cost is made of. */
export type Costed = Pick<Timed, 'chip' | 'cores' | 'flops' | 'hbmBytes'> & {
  readonly timeline: Pick<Timed['timeline'], 'total'>;
};

export const COST_UNITS = UNITS;

const FIRST: CostDraft = {
  price: '',
  per: 'chip',
  unit: 'product',
  runs: '1',
  cores: '1',
  chips: '1',
  instances: '1',
  scaling: '',
  gpuPeak: '',
  gpuBandwidth: '',
  gpuEfficiency: '',
  gpuPrice: '',
};

/** The price of an instance is of no use where what was timed runs on another chip. */
export function costDraft({ chip, cores }: Pick<Costed, 'chip' | 'cores'>, edits: CostEdits = {}): CostDraft {
  const draft = { ...FIRST, cores: String(cores), ...edits };
  return pricedOf(chip).includes(draft.per) ? draft : { ...draft, per: FIRST.per, price: FIRST.price };
}

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

const SIZES = ['runs', 'cores', 'chips', 'instances', 'scaling'] as const;

/** Which number of a GPU a field is. */
const GPU = {
  gpuPeak: 'peak',
  gpuBandwidth: 'bandwidth',
  gpuEfficiency: 'efficiency',
  gpuPrice: 'usdPerHour',
} as const satisfies Partial<Record<keyof CostDraft, keyof Gpu>>;
const GPU_FIELDS = Object.keys(GPU) as readonly (keyof typeof GPU)[];
const SOUND_GPU: Gpu = { peak: 1, bandwidth: 1, efficiency: 1, usdPerHour: 1 };

type Attempt = <T>(field: keyof CostDraft, read: () => T) => T | undefined;

/** What a draft says of what was timed, or what is wrong with it. */
export function readCost(draft: CostDraft, timed: Costed): CostReading {
  const problems: Partial<Record<keyof CostDraft, string>> = {};
  const attempt: Attempt = (field, read) => {
    try {
      return read();
    } catch (error) {
      problems[field] = messageOf(error);
      return undefined;
    }
  };
  const { chip, flops, hbmBytes, cores, timeline } = timed;
  const work: Work = { flops, bytes: hbmBytes, moved: 'once' };
  const sound: CostRequest = {
    chip,
    timeNs: timeline.total,
    timedCores: cores,
    price: { usdPerHour: 1, per: 'chip' },
    unit: draft.unit,
  };
  try {
    costOf(sound);
    gpuCostOf(SOUND_GPU, work);
  } catch (error) {
    return { said: null, problems, unpriced: messageOf(error) };
  }
  const price = attempt('price', () => priceOf(draft, sound));
  const request = {
    ...sound,
    ...(price && { price }),
    ...sizesOf(draft, { ...sound, ...(price && { price }) }, attempt),
  };
  const gpu = gpuOf(draft, work, attempt);
  if (Object.keys(problems).length > 0) return { said: null, problems };
  return {
    said: parted(
      gpu === undefined ? costTableLines(request) : comparedLines(compareCosts(request, gpu, work)),
    ),
    problems,
  };
}

/** The example's own price keeps its source. */
function priceOf({ price, per }: CostDraft, sound: CostRequest): Price {
  const usdPerHour = numberOf(price);
  const [instance] = INSTANCE_NAMES.filter((name) => name === per);
  const read: Price =
    exampleOf(per)?.perHour === usdPerHour
      ? parsePrice(per)
      : { usdPerHour, per: instance ? 'instance' : oneOf('A price is of', ['core', 'chip'], per), instance };
  costOf({ ...sound, price: read });
  return read;
}

function sizesOf(draft: CostDraft, sound: CostRequest, attempt: Attempt): Partial<CostRequest> {
  const given = SIZES.filter((field) => field !== 'scaling' || draft.scaling.trim() !== '');
  const read = given.map((field) => [
    field,
    attempt(field, () => {
      const value = numberOf(draft[field]);
      costOf({ ...sound, [field]: value });
      return value;
    }),
  ]);
  return Object.fromEntries(read) as Partial<CostRequest>;
}

function gpuOf(draft: CostDraft, work: Work, attempt: Attempt): Gpu | undefined {
  if (GPU_FIELDS.every((field) => draft[field].trim() === '')) return undefined;
  const read = GPU_FIELDS.map((field) => [
    GPU[field],
    attempt(field, () => {
      if (draft[field].trim() === '') {
        throw new UserError(
          'A GPU has a peak, a bandwidth, an efficiency and a price: give all four, or none.',
        );
      }
      const value = numberOf(draft[field]);
      gpuCostOf({ ...SOUND_GPU, [GPU[field]]: value }, work);
      return value;
    }),
  ]);
  return { ...SOUND_GPU, ...Object.fromEntries(read) } as Gpu;
}

/** @throws UserError for what is no number. */
function numberOf(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  throw new UserError(`A number is wanted here, as 0.5 or 1200; received ${quoted(text)}.`);
}

/** @throws whatever is no fault of the user's. */
function messageOf(error: unknown): string {
  if (!(error instanceof UserError)) throw error;
  return error.message.charAt(0).toUpperCase() + error.message.slice(1);
}

/** Above `Assumed:` what a cost is, below it what that assumes. */
function parted(text: readonly string[]): CostSaid {
  const at = text.indexOf('Assumed:');
  if (at < 0) throw new Error('Invariant violation: a cost without what it assumes');
  return { lines: text.slice(0, at), assumed: text.slice(at + 1).map((line) => line.replace(/^ +- /, '')) };
}
