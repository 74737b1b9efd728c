/** An explanation as text: counts, the predicted time and what it is made of, then the Program, its instructions under what they compute. */
import { isLoop, printProgram, type Program, type ProgramNode } from '../../program';
import type { TimeReport } from '../../time';
import { RESOURCE_WORDS } from '../../time';
import type { Port } from './lower';
import type { TimedSection } from './sections';

export interface Told {
  readonly program: Program;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly sections: readonly TimedSection[];
  readonly report: TimeReport;
  readonly notes: readonly string[];
}

const digits = (value: number): string => String(Number(value.toPrecision(4)));

/** 12.3 µs, say. */
function timeText(ns: number): string {
  if (ns >= 1e9) return `${digits(ns / 1e9)} s`;
  if (ns >= 1e6) return `${digits(ns / 1e6)} ms`;
  return ns >= 1e3 ? `${digits(ns / 1e3)} µs` : `${digits(ns)} ns`;
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;
const many = (count: number, what: string): string =>
  `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;

const ports = (list: readonly Port[]): string =>
  list.map(({ name, node: { dtype, shape } }) => `${name} ${dtype}[${shape.join(', ')}]`).join(', ') ||
  'none';

function countNodes(nodes: readonly ProgramNode[]): {
  readonly instructions: number;
  readonly loops: number;
} {
  let [instructions, loops] = [0, 0];
  for (const node of nodes) {
    if (!isLoop(node)) instructions++;
    else {
      const inner = countNodes(node.body);
      instructions += inner.instructions;
      loops += 1 + inner.loops;
    }
  }
  return { instructions, loops };
}

/** What the end waited for most. */
function boundText({ resources: [most] }: TimeReport): string {
  return most === undefined
    ? ''
    : `limited by ${RESOURCE_WORDS[most.resource]}, ${percent(most.share)} of the critical path`;
}

function headText({ program, inputs, outputs, sections, report, notes }: Told): string {
  const { instructions, loops } = countNodes(program.instructions);
  const looped = loops === 0 ? '' : ` and ${many(loops, 'loop')}`;
  const bound = boundText(report);
  const { hbmRead, hbmWritten } = report.traffic;
  return [
    `${many(instructions, 'instruction')}${looped} on one core of ${program.chip}, in ${many(sections.length, 'section')}`,
    `inputs: ${ports(inputs)}`,
    `outputs: ${ports(outputs)}`,
    `predicted time: ${timeText(report.total)}${bound === '' ? '' : `, ${bound}`}`,
    ...(report.tracks.length === 0
      ? []
      : [`busy: ${report.tracks.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')}`]),
    `HBM: ${hbmRead.toLocaleString('en-US')} B read, ${hbmWritten.toLocaleString('en-US')} B written`,
    ...notes.map((note) => `note: ${note}`),
  ].join('\n');
}

const sectionText = ({ id, title, instructions, from, to }: TimedSection): string =>
  `${id}  ${title}: ${many(instructions, 'instruction')}, ${timeText(from)} to ${timeText(to)}`;

/** The whole of it is a Program that `parseProgram` reads: what is no instruction is a comment. */
export function textOf(told: Told): string {
  const comment = (text: string): string => text.replace(/^/gm, '# ').replace(/ +$/gm, '');
  const lines = printProgram(told.program).trimEnd().split('\n');
  const sections = new Map(told.sections.map((section) => [section.id, section]));
  let open: string | undefined;
  const body = lines.flatMap((line, i) => {
    // A loop has a name of its own; what it repeats belongs to a section.
    const id = sectionIn(line.endsWith('{') ? (lines[i + 1] ?? '') : line);
    const section = sections.get(id);
    if (section === undefined || id === open) return [line];
    open = id;
    return ['', comment(sectionText(section)), line];
  });
  return `${comment(headText(told))}\n\n${body.join('\n')}\n`;
}

/** The section of an instruction's line. */
const sectionIn = (line: string): string => /^\s*(\w+)\./.exec(line)?.[1] ?? '';
