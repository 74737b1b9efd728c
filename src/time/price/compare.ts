/** A cost beside that of a GPU, and both as text. Which is less is said here alone, and never without what was assumed. */
import { sizesUpTo, costOf, type Cost, type CostRequest } from './cost';
import { gpuCostOf, type Gpu, type GpuCost, type Work } from './gpu';
import { durationText, moneyText, numberText } from './numbers';

export interface ComparedCost {
  readonly chip: Cost;
  readonly gpu: GpuCost;
  /** USD on the GPU for each USD on the chip. */
  readonly ratio: number;
  /** Those of both sides, and of the comparison. */
  readonly assumptions: readonly string[];
}

/** @throws UserError for what cannot be of either side. */
export function compareCosts(request: CostRequest, gpu: Gpu, work: Work): ComparedCost {
  const chip = costOf(request);
  const other = gpuCostOf(gpu, work, chip.unit, request.runs);
  return {
    chip,
    gpu: other,
    ratio: other.usdPerUnit / chip.usdPerUnit,
    assumptions: [
      ...chip.assumptions,
      ...other.assumptions,
      'One side is a simulation of instructions, the other a bound from four numbers: what moving software from one to the other costs, and whether results have the same precision, is in neither.',
    ],
  };
}

const listed = (assumptions: readonly string[]): string[] => [
  'Assumed:',
  ...assumptions.map((sentence) => `  - ${sentence}`),
];

const resultLine = (who: string, unit: Cost['unit'], usd: number, ns: number): string =>
  `${who}: ${moneyText(usd, unit)}, one in ${durationText(ns)}`;

const sizeText = ({ cores, chips, instances }: Cost['size']): string =>
  [
    [cores, 'core'],
    [chips, 'chip'],
    [instances, 'instance'],
  ]
    .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
    .join(' x ');

function costLine({ unit, size, usdPerUnit, usdPerHour, nsPerUnit }: Cost): string {
  return `${resultLine(sizeText(size), unit, usdPerUnit, nsPerUnit)}, $${numberText(usdPerHour)} an hour`;
}

/** The cost, and below it what was assumed. */
export function costLines(cost: Cost): string[] {
  return [costLine(cost), ...listed(cost.assumptions)];
}

/** Costs from one core up to the size that was asked for, and what was assumed of the last and of those before. */
export function costTableLines(request: CostRequest): string[] {
  const last = costOf(request);
  const smaller = sizesUpTo(last.size).slice(0, -1);
  if (smaller.length === 0) return costLines(last);
  const { per } = request.price;
  return [
    ...smaller.map((size) => costLine(costOf({ ...request, ...size }))),
    costLine(last),
    ...listed([
      ...last.assumptions,
      'The lines before the last take the same time for a run, however many cores share HBM.',
      ...(per === 'core' ? [] : [`Each line pays for every ${per} as a whole, also where fewer cores run.`]),
    ]),
  ];
}

/** Both costs, how they compare, and below that all that was assumed. */
export function comparedLines({ chip, gpu, ratio, assumptions }: ComparedCost): string[] {
  return [
    costLine(chip),
    resultLine(gpu.name, chip.unit, gpu.usdPerUnit, gpu.nsPerUnit),
    verdictLine(ratio, chip.unit, gpu.name),
    ...listed(assumptions),
  ];
}

function verdictLine(ratio: number, unit: Cost['unit'], gpu: string): string {
  const [more, times] = ratio >= 1 ? [`on ${gpu}`, ratio] : ['on the chip', 1 / ratio];
  const shown = numberText(times);
  return shown === '1'
    ? `Under all that is assumed below, a ${unit} costs the same on both.`
    : `Under all that is assumed below, a ${unit} costs ${shown} times as much ${more}.`;
}
