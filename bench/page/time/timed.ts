/** A timeline as the page has it: its drawing, its report in figures and as text, and what its cost follows from. */
import { CHIPS } from '../../../src/chip';
import {
  besideTotal,
  reportOf,
  RESOURCE_WORDS,
  workOfRun,
  type Timeline,
  type TimeReport,
} from '../../../src/time';
import type { Occupancy } from '../../../src/time/occupancy';
import { SYSTOLE } from '../../environment';
import { tileGrid } from './grid';
import type { Timed, TimeRequest } from './protocol';
import { bytesText, durationText, flopsText, numberText, percentText, rateText } from './quantities';
import { shownOf } from './shown';
import type { Opened } from './subject';

/** Parts below this share of the total are left out of lists. */
const LEAST_SHARE = 0.005;

type Figure = Timed['figures'][number];

export function timedOf(
  { name, title }: Opened,
  { schedule }: Pick<TimeRequest, 'schedule'>,
  timeline: Timeline,
  occupancy: Occupancy,
): Timed {
  const report = reportOf(timeline);
  const { chip, cores } = timeline;
  const { flops, bytes } = workOfRun(timeline, 'once');
  const how = schedule ? 'loads moved earlier as far as memory allows' : 'as written, no load moved earlier';
  const count = timeline.instructions.length;
  const whole = `${title}; ${count.toLocaleString('en-US')} instruction${count === 1 ? '' : 's'}, ${how}, ${cores === 1 ? 'one core' : `${cores} cores at once`}`;
  const figures = figuresOf(report);
  const head = { format: 'systole time', version: 1, systole: SYSTOLE.version };
  const json = { ...head, name, title, scheduled: schedule, timing: timeline.timing, ...report };
  return {
    timeline: shownOf(timeline, occupancy),
    name,
    chip,
    cores,
    title: whole,
    text: textOf(whole, figures, report),
    json: JSON.stringify(json, null, 2),
    advice: report.advice.map(({ figure, try: mend }) => ({ finding: figure, mend })),
    notes: timeline.notes,
    figures,
    busy: report.tracks.map(({ name: track, share, busy, parts }) => ({
      name: track,
      share,
      words: [durationText(busy), ...parts.filter(isLarge).map(partText)].join('; '),
    })),
    grid: tileGrid(timeline.program, timeline.instructions),
    memory: { sbufBytes: CHIPS[chip].sbuf.bytes, psumBanks: CHIPS[chip].psum.banks },
    flops,
    hbmBytes: bytes,
  };
}

const isLarge = ({ share }: { readonly share: number }): boolean => share >= LEAST_SHARE;
const partText = ({ words, share }: { readonly words: string; readonly share: number }): string =>
  `${words} ${percentText(share)}`;

function figuresOf(report: TimeReport): readonly Figure[] {
  const { total, resources, path, matmuls, dma, roofline, traffic } = report;
  const [most] = resources;
  const figures: (Figure | undefined)[] = [
    { name: 'total', value: durationText(total) },
    { name: 'rests on', value: besideTotal(report).join(' ') },
    most && {
      name: 'limited by',
      value: `${RESOURCE_WORDS[most.resource]}, ${percentText(most.share)} of the critical path`,
    },
    { name: 'critical path', value: path.filter(isLarge).slice(0, 4).map(partText).join('; ') },
    matmuls && {
      name: 'array',
      value: `MFU ${percentText(matmuls.mfu)} of ${flopsText(matmuls.peak)}; HFU ${percentText(matmuls.hfu)}, ${percentText(matmuls.whileBusy)} while Tensor is busy`,
    },
    roofline && {
      name: 'roofline',
      value: `${numberText(roofline.intensity)} operations for each byte of HBM, the knee at ${numberText(roofline.knee)}; ${percentText(roofline.share)} of ${flopsText(roofline.attainable)} attainable`,
    },
    {
      name: 'HBM',
      value: `${bytesText(traffic.hbmRead)} read, ${bytesText(traffic.hbmWritten)} written`,
    },
    dma && {
      name: 'DMA',
      value: `${rateText(dma.rate)} of ${rateText(dma.peak)}; ${numberText(dma.bytesPerDescriptor)} B in a descriptor on average`,
    },
  ];
  return figures.filter((figure) => figure !== undefined);
}

function textOf(title: string, figures: readonly Figure[], report: TimeReport): string {
  const { tracks, path, lines, tensors, advice, notes } = report;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    [title, figures.map(({ name, value }) => `${name}: ${value}`)],
    [
      'Tracks',
      tracks.map(({ name, busy, share, parts }) => {
        const all = parts.filter(isLarge).map(partText).join(', ');
        return `${name}: busy ${durationText(busy)}, ${percentText(share)}; ${all}`;
      }),
    ],
    ['Critical path', path.filter(isLarge).map(partText)],
    [
      'Critical path by source line, or opcode where no line is known',
      lines.filter(isLarge).map(({ line, share }) => `${line} ${percentText(share)}`),
    ],
    [
      'Tensors in HBM',
      tensors.map(
        ({ name, role, bytes, read, written }) =>
          `${name}, ${role}, ${bytesText(bytes)}: ${bytesText(read)} read, ${bytesText(written)} written`,
      ),
    ],
    ['What to try', advice.map(({ figure, try: mend }) => `${figure}. ${mend}`)],
    ['Assumed', notes],
  ];
  const texts = sections.filter(([, all]) => all.length > 0);
  return `${texts.map(([head, all]) => [head, ...all.map((line) => `  ${line}`)].join('\n')).join('\n\n')}\n`;
}
