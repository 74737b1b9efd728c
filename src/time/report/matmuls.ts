/**
 * How well a timeline uses the systolic array. Utilisation is the time that the array would take at its peak, over the total; the
 * peak is two operations of each of the 128 x 128 cells in each cycle, twice that for fp8 formats that double-row takes, four times
 * for MX formats, a quarter for float32 (src/chip/chips.ts).
 */
import { CHIPS, type Chip } from '../../chip';
import { workOf } from '../../isa';
import { isPacked } from '../../numerics';
import { countOf, type Instruction, type Pattern, type Patterns } from '../../program';
import { trackIndex } from '../tracks';
import { isTranspose } from '../traffic';
import type { Timeline } from '../types';

/** Rates of the array, by what is multiplied. */
export const RATES = ['float32', 'bits16', 'fp8', 'mx'] as const;

export type Rate = (typeof RATES)[number];

export const RATE_WORDS = {
  float32: 'float32',
  bits16: 'formats of 16 bits',
  fp8: 'fp8',
  mx: 'MX',
} as const satisfies Record<Rate, string>;

const TIMES = { float32: 1 / 4, bits16: 1, fp8: 2, mx: 4 } as const satisfies Record<Rate, number>;

/** flop/ns of one core at most: of TFLOP/s, a thousandth. */
export function peakOf({ clocks, matmul }: Chip, rate: Rate): number {
  return 2 * matmul.rows * matmul.stationary * clocks.tensor * TIMES[rate];
}

export interface RateUse {
  readonly rate: Rate;
  /** flop/ns. */
  readonly peak: number;
  readonly instructions: number;
  /** Operations, transposes included, and without them. */
  readonly hardware: number;
  readonly model: number;
}

export interface MatmulReport {
  /** Instructions of the array. */
  readonly instructions: number;
  /** Operations without transposes, and with them. */
  readonly model: number;
  readonly hardware: number;
  /** Shares of the peak over the whole time: without transposes, and with them. */
  readonly mfu: number;
  readonly hfu: number;
  /** With transposes, over the time that the engine was busy. */
  readonly whileBusy: number;
  /** flop/ns at most of what was multiplied: where rates mix, their harmonic mean by operations. */
  readonly peak: number;
  readonly rates: readonly RateUse[];
  /** Of each multiplication on average: moving columns, and partitions of the operands. */
  readonly columns: number;
  readonly rows: number;
}

/** What an instruction of the array moves through it. */
function movingOf(instruction: Instruction): Pattern | undefined {
  const sources: Patterns = instruction.sources;
  return sources.moving ?? sources.data;
}

/** What rate of the array an instruction could reach. */
export function rateOf(instruction: Instruction, chip: Chip): Rate {
  const dtype = movingOf(instruction)?.dtype ?? 'float32';
  if (isPacked(dtype)) return 'mx';
  if (dtype === 'float32') return 'float32';
  return chip.matmul.doubleRow.includes(dtype) ? 'fp8' : 'bits16';
}

/** Of a timeline with matmuls; undefined of others. */
export function matmulsOf({ chip: name, instructions, total, busy }: Timeline): MatmulReport | undefined {
  const chip = CHIPS[name];
  const uses = new Map<Rate, { instructions: number; hardware: number; model: number }>();
  let [count, columns, rows] = [0, 0, 0];
  for (const instruction of instructions) {
    if (instruction.engine !== 'tensor') continue;
    const work = workOf(instruction, chip);
    if (work.unit !== 'array') continue;
    const rate = rateOf(instruction, chip);
    let use = uses.get(rate);
    if (use === undefined) uses.set(rate, (use = { instructions: 0, hardware: 0, model: 0 }));
    use.instructions++;
    use.hardware += work.flops;
    if (!isTranspose(instruction)) use.model += work.flops;
    const moving = movingOf(instruction);
    count++;
    if (moving === undefined || moving.space === 'hbm') continue;
    const lanes =
      'performance' in instruction.attributes && instruction.attributes.performance === 'double_row' ? 2 : 1;
    columns += countOf(moving.dims) / lanes;
    rows += moving.partitions;
  }
  if (count === 0) return undefined;
  const rates = RATES.flatMap((rate) => {
    const use = uses.get(rate);
    return use === undefined ? [] : [{ rate, peak: peakOf(chip, rate), ...use }];
  });
  const sum = (of: (use: RateUse) => number): number => rates.reduce((total, use) => total + of(use), 0);
  const [model, hardware] = [sum((use) => use.model), sum((use) => use.hardware)];
  const atPeak = sum((use) => use.hardware / use.peak);
  const share = (ns: number, of: number): number => (of === 0 ? 0 : ns / of);
  return {
    instructions: count,
    model,
    hardware,
    mfu: share(
      sum((use) => use.model / use.peak),
      total,
    ),
    hfu: share(atPeak, total),
    whileBusy: share(atPeak, busy[trackIndex('tensor')] ?? 0),
    peak: share(hardware, atPeak),
    rates,
    columns: columns / count,
    rows: rows / count,
  };
}
