/** What `systole time` prints: a report, a comparison, the constants. Times are of the simulated chip. */
import { plainTable } from '../../bench/report/plain-table';
import { CHIP_NAMES, CHIPS, TIMING_CONSTANTS, TIMINGS, type TimingName } from '../chip';
import {
  besideTotal,
  RATE_WORDS,
  RESOURCE_WORDS,
  SMALL_DESCRIPTOR,
  type ComparedTime,
  type DmaReport,
  type MatmulReport,
  type Roofline,
  type TimeReport,
} from '../time/report';
import { bytesText } from './memory-text';
import type { OpenedSubject } from './time-subject';

const digits = (value: number, count = 3): string => String(Number(value.toPrecision(count)));

/** 12.3 µs, say. */
export function timeText(ns: number): string {
  if (ns >= 1e9) return `${digits(ns / 1e9, 4)} s`;
  if (ns >= 1e6) return `${digits(ns / 1e6, 4)} ms`;
  if (ns >= 1e3) return `${digits(ns / 1e3, 4)} µs`;
  return `${digits(ns, 4)} ns`;
}

export function percentText(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;
}

/** Rates of 1 a nanosecond are a thousandth of tera, and one of giga. */
const flopsText = (flopPerNs: number): string => `${digits(flopPerNs / 1000)} TFLOP/s`;
const rateText = (bytesPerNs: number): string => `${digits(bytesPerNs)} GB/s`;

/** `1,234 steps`. */
const many = (count: number, what: string): string =>
  `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;

/** Parts below this share of the total are left out of lists. */
const LEAST_SHARE = 0.005;
const MOST_LINES = 8;

const SCHEDULED =
  'Loads are moved earlier and tiles placed anew, as far as memory allows, as the vendor’s compiler does; --no-schedule times Programs as written.';
const AS_WRITTEN = 'Timed as written: no load is moved earlier.';

/** What was timed, and how. */
export function headText({ title, scheduled }: OpenedSubject, report: TimeReport): string {
  const { instructions, cores, chip } = report;
  const shared = cores === 1 ? 'one core' : `${cores} cores at once`;
  return [
    title,
    scheduled ? SCHEDULED : AS_WRITTEN,
    `${many(instructions, 'instruction')} on ${shared} of the ${CHIPS[chip].cores} of ${chip}.`,
  ].join('\n');
}

/** The same of several; what all have in common is said once. */
export function headsText(all: readonly OpenedSubject[]): string {
  const [first] = all;
  const common = all.every(({ scheduled }) => scheduled === first?.scheduled);
  const how = (scheduled: boolean): string => (scheduled ? SCHEDULED : AS_WRITTEN);
  const lines = all.map(({ title, scheduled }) => (common ? title : `${title}\n  ${how(scheduled)}`));
  return [...lines, ...(common && first ? [how(first.scheduled)] : [])].join('\n');
}

/** Without a line break at the end. */
export function reportText(report: TimeReport): string {
  const { matmuls, roofline, dma } = report;
  return [
    totalText(report),
    ...(report.instructions > 0 ? [tracksText(report), pathText(report), linesText(report)] : []),
    matmuls && matmulsText(matmuls, report),
    report.instructions > 0 ? memoryText(report) : undefined,
    dma && dmaText(dma),
    roofline && rooflineText(roofline),
    adviceText(report),
    report.notes.length > 0 ? `Assumed\n${report.notes.map((note) => `  ${note}`).join('\n')}` : undefined,
  ]
    .filter((section) => section !== undefined && section !== '')
    .join('\n\n');
}

/** With what it rests on. */
function totalText(report: TimeReport): string {
  const { total, resources } = report;
  const [most] = resources;
  const limit = most
    ? `; limited by ${RESOURCE_WORDS[most.resource]}, ${percentText(most.share)} of the critical path`
    : '';
  return [`${timeText(total)} in total${limit}`, ...besideTotal(report)].join('\n');
}

function tracksText({ tracks }: TimeReport): string {
  return plainTable(
    ['track', 'instructions', 'busy', '', 'its time'],
    ['left', 'right', 'right', 'right', 'left'],
    tracks.map(({ name, instructions, busy, share, parts }) => [
      name,
      instructions.toLocaleString('en-US'),
      timeText(busy),
      percentText(share),
      parts
        .filter((part) => part.share >= LEAST_SHARE)
        .map((part) => `${part.words} ${percentText(part.share)}`)
        .join(', '),
    ]),
  );
}

function pathText({ path }: TimeReport): string {
  const rows = path
    .filter(({ share }) => share >= LEAST_SHARE)
    .map(({ words, ps, share }) => [`  ${words}`, percentText(share), timeText(ps / 1000)]);
  return `Critical path: what the end waited for, back to the start\n${headless(rows, ['left', 'right', 'right'])}`;
}

function linesText({ lines }: TimeReport): string {
  const most = lines.filter(({ share }) => share >= LEAST_SHARE).slice(0, MOST_LINES);
  if (most.length === 0) return '';
  const rows = most.map(({ line, instructions, ps, share }) => [
    `  ${line}`,
    percentText(share),
    timeText(ps / 1000),
    many(instructions, 'instruction'),
  ]);
  return `Critical path by source line, or opcode where no line is known\n${headless(rows, ['left', 'right', 'right', 'right'])}`;
}

/** A table whose columns need no names. */
function headless(rows: readonly string[][], aligns: ('left' | 'right')[]): string {
  return plainTable([], aligns, rows);
}

function matmulsText(
  { mfu, hfu, whileBusy, peak, rates, columns, rows, model }: MatmulReport,
  { total }: TimeReport,
): string {
  const formats = rates.map(({ rate }) => RATE_WORDS[rate]).join(', ');
  return [
    'Tensor engine',
    `  MFU ${percentText(mfu)} of ${flopsText(peak)} (${formats}); HFU ${percentText(hfu)}, ${percentText(whileBusy)} while it is busy`,
    `  ${flopsText(total === 0 ? 0 : model / total)} without transposes; ${digits(columns)} moving columns and ${digits(rows)} rows for each multiplication on average`,
  ].join('\n');
}

function memoryText({ traffic, tensors, total }: TimeReport): string {
  const rate = (bytes: number): string => (total === 0 ? '' : rateText(bytes / total));
  const spaces = plainTable(
    ['memory', 'read', 'written', 'rate'],
    ['left', 'right', 'right', 'right'],
    (
      [
        ['HBM', traffic.hbmRead, traffic.hbmWritten],
        ['SBUF', traffic.sbufRead, traffic.sbufWritten],
        ['PSUM', traffic.psumRead, traffic.psumWritten],
      ] as const
    )
      .filter(([, read, written]) => read + written > 0)
      .map(([space, read, written]) => [space, bytesText(read), bytesText(written), rate(read + written)]),
  );
  const times = (count: number): string => (count === 0 ? '' : digits(count));
  const each = plainTable(
    ['in HBM', '', 'size', 'read', 'times', 'written', 'times'],
    ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
    tensors.map(({ name, role, bytes, read, written, timesRead, timesWritten }) => [
      name,
      role,
      bytesText(bytes),
      bytesText(read),
      times(timesRead),
      bytesText(written),
      times(timesWritten),
    ]),
  );
  return `${spaces}\n\n${each}`;
}

function dmaText(dma: DmaReport): string {
  const {
    transfers,
    descriptors,
    bytesPerDescriptor,
    inSmall,
    timeInSmall,
    rate,
    rateWhileBusy,
    peak,
    meanShare,
    mostShare,
  } = dma;
  const small =
    inSmall > 0
      ? `; those below ${SMALL_DESCRIPTOR} B move ${percentText(inSmall)} of the bytes in ${percentText(timeInSmall)} of the time`
      : '';
  return [
    'DMA',
    `  ${many(transfers, 'transfer')} in ${many(descriptors, 'descriptor')} of ${digits(bytesPerDescriptor, 4)} B on average${small}`,
    `  ${rateText(rate)}, ${rateText(rateWhileBusy)} while they are busy, of ${rateText(peak)} at most; the 16 engines are busy ${percentText(meanShare)} of the time, the busiest ${percentText(mostShare)}`,
  ].join('\n');
}

function rooflineText({
  intensity,
  knee,
  hbmKnee,
  attainable,
  reached,
  share,
  roof,
  hbm,
  dma,
}: Roofline): string {
  const roofs = { array: 'the array', hbm: 'HBM', dma: 'the DMA engines' } as const;
  return [
    'Roofline',
    `  ${digits(intensity)} flop for each byte of HBM; the knee is at ${digits(knee)} (of HBM alone at ${digits(hbmKnee)})`,
    `  the core’s share of HBM ${rateText(hbm)}, its DMA engines ${rateText(dma)}`,
    `  the roof is ${roofs[roof]}: ${flopsText(attainable)} attainable, ${flopsText(reached)} reached, ${percentText(share)}`,
  ].join('\n');
}

function adviceText({ advice }: TimeReport): string {
  if (advice.length === 0) return '';
  return `What to try\n${advice.map(({ figure, try: words }) => `  ${figure}.\n    ${words}`).join('\n')}`;
}

export function comparisonText(compared: readonly ComparedTime[]): string {
  return plainTable(
    ['', 'chip', 'instructions', 'total', 'times as fast', 'limited by', '', 'Tensor', 'MFU', 'HBM'],
    ['left', 'left', 'right', 'right', 'right', 'left', 'right', 'right', 'right', 'right'],
    compared.map(({ name, chip, instructions, total, speedup, limits, busy, mfu, hbmBytes }) => [
      name,
      chip,
      instructions.toLocaleString('en-US'),
      timeText(total),
      speedup.toPrecision(3),
      limits?.resource ?? '',
      limits ? percentText(limits.share) : '',
      busy.tensor === undefined ? '' : percentText(busy.tensor),
      mfu === undefined ? '' : percentText(mfu),
      bytesText(hbmBytes),
    ]),
  );
}

/** Every constant with its values and source. */
export function constantsText(): string {
  const names = Object.keys(TIMING_CONSTANTS) as readonly TimingName[];
  const table = plainTable(
    ['constant', 'unit', ...CHIP_NAMES, 'what it is'],
    ['left', 'left', 'right', 'right', 'right', 'left'],
    names.map((name) => {
      const { unit, meaning, documented } = TIMING_CONSTANTS[name];
      const values = CHIP_NAMES.map((chip) => String(TIMINGS[chip][name]));
      return [name, unit, ...values, documented ? meaning : `${meaning} (not documented)`];
    }),
  );
  const sources = names.map((name) => `  ${name}: ${TIMING_CONSTANTS[name].source}`);
  return `${table}\n\nSources\n${sources.join('\n')}`;
}
