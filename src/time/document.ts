/** The part of docs/time.md that is made from the code: the constants of the timing model. */
import { CHIP_NAMES, TIMING_CONSTANTS, TIMINGS } from '../chip';
import type { TimingName } from '../chip';

const START = '<!-- constants: made by scripts/docs.js from src/chip/timing.ts -->';
const END = '<!-- end of constants -->';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function constantsTable(): string {
  const names = Object.keys(TIMING_CONSTANTS) as readonly TimingName[];
  const head = ['constant', 'unit', ...CHIP_NAMES, 'what it is', 'source'];
  return [
    row(head),
    row(head.map(() => '---')),
    ...names.map((name) => {
      const { unit, meaning, source, documented } = TIMING_CONSTANTS[name];
      const values = CHIP_NAMES.map((chip) => String(TIMINGS[chip][name]));
      return row([`\`${name}\``, unit, ...values, meaning, documented ? source : `**${source}**`]);
    }),
  ].join('\n');
}

/** The page with the table as the constants are now. @throws Error for a page that has no place for it. */
export function withConstants(page: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`docs/time.md lacks "${START}" before "${END}"`);
  return `${page.slice(0, start + START.length)}\n\n${constantsTable()}\n\n${page.slice(end)}`;
}
