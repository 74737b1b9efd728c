/** What a timed Program costs, as options of `systole time`: the price is the user's, or a dated example (src/time/price). */
import type { Command } from 'commander';
import type { ChipName } from '../chip';
import { UserError } from '../numerics';
import { hbmTensors, tensorBytes, type Program } from '../program';
import type { Timeline } from '../time';
import {
  comparedLines,
  compareCosts,
  costOf,
  costTableLines,
  parseGpu,
  parsePrice,
  type ComparedCost,
  type Cost,
  type CostRequest,
  type Gpu,
  type Price,
  type Size,
  type Unit,
  type Work,
} from '../time/price';

export interface CostOptions {
  readonly price?: Price;
  readonly per?: Pick<CostRequest, 'unit' | 'runs'>;
  readonly on?: Partial<Size>;
  readonly scaling?: number;
  readonly gpu?: Gpu;
}

const UNIT_WORDS = {
  product: 'product',
  token: 'token',
  step: 'training step',
} as const satisfies Record<string, Unit>;

const isUnit = (word: string): word is keyof typeof UNIT_WORDS => Object.hasOwn(UNIT_WORDS, word);

/** `token`, `token=1/32` or `step=400`: runs of the Program that make one. */
export function parsePer(text: string): Pick<CostRequest, 'unit' | 'runs'> {
  const [, word = '', count, part = '1'] = /^(\w+)(?:=([\d.e+]+)(?:\/([\d.e+]+))?)?$/.exec(text) ?? [];
  const runs = count === undefined ? 1 : Number(count) / Number(part);
  if (isUnit(word) && runs > 0 && runs < Infinity) return { unit: UNIT_WORDS[word], runs };
  throw new UserError(
    `--per takes product, token or step, and with = the runs that make one, as in token=1/32 or step=400; received "${text}".`,
  );
}

const SIZES = ['cores', 'chips', 'instances'] as const satisfies readonly (keyof Size)[];

/** `cores=8,chips=16,instances=2`, or some of them. */
export function parseOn(text: string): Partial<Size> {
  const sizes: Partial<Record<keyof Size, number>> = {};
  for (const part of text.split(',')) {
    const [, word, count] = /^(\w+)=(\d+)$/.exec(part.trim()) ?? [];
    const size = SIZES.find((name) => name === word);
    if (size === undefined || sizes[size] !== undefined) {
      throw new UserError(
        `--on takes cores of each chip, chips of each instance and instances, each once, as in cores=8,chips=16,instances=1; received "${text}".`,
      );
    }
    sizes[size] = Number(count);
  }
  return sizes;
}

function parseScaling(text: string): number {
  const share = text.trim() === '' ? NaN : Number(text);
  if (share > 0 && share <= 1) return share;
  throw new UserError(`--scaling takes a share above 0, at most 1, received "${text}".`);
}

export function addCostOptions(command: Command): Command {
  return command
    .option(
      '--price <usd/what>',
      'of an hour: 0.28/core, 2.235/chip, 21.5/trn1.32xlarge; or an instance that has an example price, as trn1.32xlarge',
      parsePrice,
    )
    .option(
      '--per <what>',
      'what is paid for: product, token or step, and runs that make one, as in token=1/32',
      parsePer,
    )
    .option(
      '--on <sizes>',
      'with --price: as in cores=8,chips=16,instances=1 (default: cores of --cores, one chip)',
      parseOn,
    )
    .option(
      '--scaling <share>',
      'with --price: of its speed alone that a core keeps where several run (default: 1)',
      parseScaling,
    )
    .option(
      '--gpu <what>',
      'with --price: the same on a GPU, as in peak=989,bandwidth=3350,efficiency=0.5,price=4.326 (TFLOP/s, GB/s, share, USD per hour)',
      parseGpu,
    );
}

type Priced = CostOptions & { readonly price: Price };

const isPriced = (options: CostOptions): options is Priced => options.price !== undefined;

const request = (
  { price, per, on, scaling }: Priced,
  chip: ChipName,
  cores: number,
  timeNs: number,
): CostRequest => ({
  ...{ chip, timeNs, price, timedCores: cores, cores },
  ...per,
  ...on,
  ...(scaling !== undefined && { scaling }),
});

/** Before anything is timed. @throws UserError for a price that is not of the chip, and for options that need a price. */
export function requireCost(options: CostOptions, chip: ChipName, cores: number): void {
  if (isPriced(options)) {
    costOf(request(options, chip, cores, 1));
    return;
  }
  const idle = (['per', 'on', 'scaling', 'gpu'] as const).find((name) => options[name] !== undefined);
  if (idle !== undefined) throw new UserError(`--${idle} goes with --price: give that too.`);
}

export interface TimedCost {
  readonly cost: Cost | ComparedCost;
  readonly lines: readonly string[];
}

/** Undefined where no price was given. */
export function costOfTimeline(options: CostOptions, timeline: Timeline): TimedCost | undefined {
  if (!isPriced(options) || timeline.total === 0) return undefined;
  const asked = request(options, timeline.chip, timeline.cores, timeline.total);
  if (options.gpu === undefined) return { cost: costOf(asked), lines: costTableLines(asked) };
  const compared = compareCosts(asked, options.gpu, workOf(timeline));
  return { cost: compared, lines: comparedLines(compared) };
}

/** What any kernel for it must do: the other side shall not pay for this Program's way of doing it. */
const workOf = ({ program, flops }: Timeline): Work => ({
  flops: flops.model,
  bytes: bytesOnce(program),
  moved: 'once',
});

const bytesOnce = (program: Program): number =>
  [...hbmTensors(program, 'input'), ...hbmTensors(program, 'output')].reduce(
    (sum, tensor) => sum + tensorBytes(tensor),
    0,
  );
