/** Tables for a terminal: columns apart by spaces alone, since rules would not leave room for the numbers. */
import Table from 'cli-table3';

const SPACES = {
  ...Object.fromEntries(
    ['top', 'bottom', 'left', 'right'].flatMap((side) =>
      ['', '-mid', '-left', '-right'].map((part) => [side + part, '']),
    ),
  ),
  mid: '',
  'left-mid': '',
  'mid-mid': '',
  'right-mid': '',
  middle: '  ',
};

/** Without a line break at the end. */
export function plainTable(
  head: string[],
  colAligns: ('left' | 'right')[],
  rows: readonly string[][],
): string {
  const table = new Table({
    head,
    colAligns,
    chars: SPACES,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows);
  return table.toString().replaceAll(/ +$/gm, '');
}
