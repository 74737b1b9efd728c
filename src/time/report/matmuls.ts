/**
 * How well a timeline uses the systolic array. MFU is the time that its multiplications would take at the highest rate of their
 * formats, over the total. HFU is the share of all cells in all cycles that took operands, transposes and slower passes included, as the
 * hardware ran them, so that it is never below MFU and never above all. Rates: two operations of each of the 128 x 128 cells in each
 * cycle, twice that for fp8 formats that double-row takes, four times for MX formats, a quarter for float32 (src/chip/chips.ts).
 */
import { CHIPS, type Chip } from '../../chip';
import { workOf, type Work } from '../../isa';
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

/** Operands that a cell takes in a cycle at most. */
const LANES = { float32: 1, bits16: 1, fp8: 2, mx: 4 } as const satisfies Record<Rate, number>;

/** flop/ns of one core that takes one operand in each cell and cycle. */
const cellRate = ({ clocks, matmul }: Chip): number => 2 * matmul.rows * matmul.stationary * clocks.tensor;

/** flop/ns of one core at most: of TFLOP/s, a thousandth. */
export function peakOf(chip: Chip, rate: Rate): number {
  return (cellRate(chip) * LANES[rate]) / (rate === 'float32' ? chip.matmul.float32Passes : 1);
}

export type ArrayWork = Extract<Work, { readonly unit: 'array' }>;

/** ns that an instruction of the array takes at the highest rate of its formats, all cells in use. */
export function peakTime(instruction: Instruction, { flops, passes }: ArrayWork, chip: Chip): number {
  return (flops * passes) / (cellRate(chip) * LANES[rateOf(instruction, chip)]);
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
  /** Of the total: multiplications at the highest rate of their formats; and cells in use, whatever for. */
  readonly mfu: number;
  readonly hfu: number;
  /** As `hfu`, of the time that the engine was busy. */
  readonly whileBusy: number;
  /** flop/ns at most of what was multiplied, of which `mfu` is the share: where rates mix, their harmonic mean by operations. */
  readonly peak: number;
  readonly rates: readonly RateUse[];
  /** Of each multiplication on average: moving columns, and partitions of the operands. */
  readonly columns: number;
  readonly rows: number;
  /** The share of multiplications in double rows that would fit the array in single ones, and take no longer. */
  readonly fitSingle: number;
}

/** What an instruction of the array moves through it. */
function movingOf(instruction: Instruction): Pattern | undefined {
  const sources: Patterns = instruction.sources;
  return sources.moving ?? sources.data;
}

/** What rate of the array an instruction could reach. */
export function rateOf(instruction: Instruction, chip: Chip): Rate {
  const { stationary }: Patterns = instruction.sources;
  const moving = movingOf(instruction)?.dtype ?? 'float32';
  const dtypes = [stationary?.dtype ?? moving, moving];
  if (dtypes.some(isPacked)) return 'mx';
  if (dtypes.includes('float32')) return 'float32';
  return dtypes.every((dtype) => chip.matmul.doubleRow.includes(dtype)) ? 'fp8' : 'bits16';
}

/** Operands that each cell takes in a cycle. */
function lanesOf({ opcode, attributes }: Instruction): number {
  if (opcode === 'nc_matmul_mx') return LANES.mx;
  return 'performance' in attributes && attributes.performance === 'double_row' ? LANES.fp8 : 1;
}

/** Of a timeline with matmuls; undefined of others. */
export function matmulsOf({ chip: name, instructions, total, busy }: Timeline): MatmulReport | undefined {
  const chip = CHIPS[name];
  const uses = new Map<Rate, { instructions: number; hardware: number; model: number }>();
  let [count, columns, rows, fitSingle] = [0, 0, 0, 0];
  /** ns of cells in use, all instructions at the highest rate of their formats, and those that multiply. */
  let [used, atPeak, modelAtPeak] = [0, 0, 0];
  for (const instruction of instructions) {
    if (instruction.engine !== 'tensor') continue;
    const work = workOf(instruction, chip);
    if (work.unit !== 'array') continue;
    const rate = rateOf(instruction, chip);
    let use = uses.get(rate);
    if (use === undefined) uses.set(rate, (use = { instructions: 0, hardware: 0, model: 0 }));
    use.instructions++;
    use.hardware += work.flops;
    const fastest = peakTime(instruction, work, chip);
    const lanes = lanesOf(instruction);
    atPeak += fastest;
    used += (work.flops * work.passes) / (cellRate(chip) * lanes);
    if (!isTranspose(instruction)) {
      use.model += work.flops;
      modelAtPeak += fastest;
    }
    const moving = movingOf(instruction);
    count++;
    if (moving === undefined || moving.space === 'hbm') continue;
    columns += countOf(moving.dims) / (isPacked(moving.dtype) ? 1 : lanes);
    rows += moving.partitions;
    if (lanes === LANES.fp8 && lanes * moving.partitions <= chip.matmul.rows) fitSingle++;
  }
  if (count === 0) return undefined;
  const rates = RATES.flatMap((rate) => {
    const use = uses.get(rate);
    return use === undefined ? [] : [{ rate, peak: peakOf(chip, rate), ...use }];
  });
  const sum = (of: (use: RateUse) => number): number => rates.reduce((total, use) => total + of(use), 0);
  const [model, hardware] = [sum((use) => use.model), sum((use) => use.hardware)];
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    instructions: count,
    model,
    hardware,
    mfu: share(modelAtPeak, total),
    hfu: share(used, total),
    whileBusy: share(used, busy[trackIndex('tensor')] ?? 0),
    peak: model > 0 ? share(model, modelAtPeak) : share(hardware, atPeak),
    rates,
    columns: columns / count,
    rows: rows / count,
    fitSingle: fitSingle / count,
  };
}
