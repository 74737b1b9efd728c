/** `systole compare A.json B.json`: two benchmark results side by side. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { NamedReport } from '../../bench/compare';
import { UserError } from '../numerics';

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description(
      'set two benchmark results side by side, case by case, what differs between the machines first',
    )
    .argument('<A.json>', 'a file that `systole bench --json` wrote')
    .argument('<B.json>', 'another one')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      `
Exit code: 0 compared; 2 a file is no benchmark result.

Examples:
  systole compare monday.json tuesday.json`,
    )
    .action(async (left: string, right: string, { json }: { json?: true }) => {
      const { compareReports } = await import('../../bench/compare');
      const comparison = compareReports(await read(left), await read(right));
      const { comparisonText } = await import('../../bench/compare/text');
      console.log(json ? JSON.stringify(comparison, null, 2) : comparisonText(comparison));
    });
}

async function read(path: string): Promise<NamedReport> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    // Node adds the call and the path.
    throw new UserError(`Cannot read ${path}: ${reason.replace(/, \w+(?: '.*')?$/s, '')}.`);
  });
  try {
    return { name: path, report: JSON.parse(text.replace(/^\ufeff/, '')) };
  } catch {
    throw new UserError(
      `${path} is not JSON, or is cut off. Write a result with \`systole bench --json FILE\`.`,
    );
  }
}
