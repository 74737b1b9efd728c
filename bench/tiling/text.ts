/** A verdict as text for people, with a picture of the grid of tiles. */
import { shortName } from '../../src/numerics';
import { areaText, type Mark } from '../../src/verify/tiling';
import { counted } from './pure-checks';
import { CHECKS, MEANINGS, type TilingCheck, type TilingVerdict, type WrongTile } from './verdict';

const STATES = { right: 'ok', wrong: 'WRONG', 'left-out': 'left out' } as const;

/** One character for each tile. */
const LETTERS = {
  right: '.',
  missing: 'M',
  doubled: 'D',
  outside: 'O',
  illegal: 'I',
  torn: 'T',
  wrong: 'X',
  unchecked: '?',
} as const satisfies Record<Mark, string>;

export function verdictText(verdict: TilingVerdict): string {
  const { product, given, right, accumulate, checks, canonical, firstWrong, passes, instructions } = verdict;
  const { m, n, k, a, b, out, chip, aLayout } = product;
  const width = Math.max(...Object.values(CHECKS).map((title) => title.length));
  return [
    `${given === 'plan' ? 'plan' : 'tiling'} of out[${m}, ${n}] = ${accumulate ? `C[${m}, ${n}] + ` : ''}A[${m}, ${k}] B[${k}, ${n}], ${shortName(a)} x ${shortName(b)} to ${shortName(out)}, A ${aLayout}, on ${chip}`,
    `${counted(passes, 'pass', 'passes')}${instructions === null ? '' : `, ${counted(instructions, 'instruction')}`}`,
    '',
    ...checks.flatMap(({ name, state, text, details, more }) => [
      `${STATES[state].padEnd(8)}  ${CHECKS[name].padEnd(width)}  ${text}`,
      ...details.slice(0, DETAILS).map((detail) => `${' '.repeat(width + 12)}${detail}`),
      ...(details.length + more > DETAILS
        ? [`${' '.repeat(width + 12)}and ${details.length + more - DETAILS} more`]
        : []),
    ]),
    '',
    canonical.text,
    '',
    ...gridText(verdict),
    ...(firstWrong === null ? [] : ['', ...wrongText(firstWrong, verdict)]),
    '',
    right ? 'The tiling is right.' : 'The tiling is WRONG.',
  ].join('\n');
}

/** Sentences of one check that are printed. */
const DETAILS = 5;

const ROWS = 24;
const COLUMNS = 64;

/** The tiles of the output, a character each; a large grid is cut short around its first wrong tile. */
function gridText({ grid, firstWrong }: TilingVerdict): readonly string[] {
  const [rows, columns] = [grid.m.length - 1, grid.n.length - 1];
  const from = (count: number, shown: number, at: number): number =>
    Math.max(0, Math.min(count - shown, at - Math.floor(shown / 2)));
  const top = from(rows, ROWS, firstWrong?.row ?? 0);
  const left = from(columns, COLUMNS, firstWrong?.column ?? 0);
  const cut =
    rows > ROWS || columns > COLUMNS
      ? `; rows ${top} to ${Math.min(rows, top + ROWS) - 1}, columns ${left} to ${Math.min(columns, left + COLUMNS) - 1} of them`
      : '';
  const used = [...new Set(grid.marks)];
  return [
    `The output in ${rows} x ${columns} ${grid.of}${cut}`,
    ...Array.from({ length: Math.min(rows, ROWS) }, (_, index) => {
      const start = (top + index) * columns + left;
      const cells = grid.marks.slice(start, start + Math.min(columns, COLUMNS));
      return `  ${cells.map((mark) => LETTERS[mark]).join(' ')}`;
    }),
    ...used.map((mark) => `  ${LETTERS[mark]}  ${MEANINGS[mark]}`),
  ];
}

/** What was found before it ended, a line each; details are for the verdict. */
export function checkedText(checks: readonly TilingCheck[]): readonly string[] {
  return checks.map(({ name, state, text }) => `${STATES[state]}: ${CHECKS[name]}: ${text}`);
}

function wrongText(wrong: WrongTile, { grid, instructions }: TilingVerdict): readonly string[] {
  const { row, column, first, operands, mismatches, pass, writtenBy, why, executor } = wrong;
  const lines = [
    `First wrong tile: row ${row}, column ${column} of the ${grid.of} (${areaText(wrong)})`,
    `  why       ${why}`,
  ];
  if (first !== null) {
    const on = `${operands ?? ''} operands${executor === 'webgpu' ? ', on the adapter' : ''}`;
    lines.push(
      `  element   m ${first.m}, n ${first.n}, the first of ${mismatches ?? 0} wrong in the tile (${on})`,
      `  expected  ${first.expected.value} (${first.expected.code})`,
      `  received  ${first.received === null ? 'nothing: no instruction wrote it' : `${first.received.value} (${first.received.code})`}`,
    );
  }
  if (pass !== null) {
    const made = pass.instruction === null ? '' : `, instruction ${pass.instruction}`;
    lines.push(`  pass      ${pass.index} (${pass.box})${made}`);
  }
  if (instructions !== null && executor === 'reference')
    lines.push(
      `  stored by ${writtenBy === null ? 'no instruction' : `${writtenBy.opcode} ${writtenBy.id}`}`,
    );
  return lines;
}
