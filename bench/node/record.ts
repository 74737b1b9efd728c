/** Records of runs: what was measured, and on what, in dated files of readable names that may be published. Of a machine they hold no name and no path. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/numerics';
import type { NetworksReport } from '../networks/report';
import type { PeersReport } from '../peers/report';
import type { Report } from '../report';
import { checkWritable, writeAtomically } from './write';

type AnyReport = Report | PeersReport | NetworksReport;

/** Where records are kept, seen from the root of a clone. */
export const RECORDS = 'bench/results';

/** @throws UserError when no file can be written there. */
export async function checkRecords(folder: string): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `Records cannot be kept in ${folder}: ${reason}. Name a folder that can be written to.`,
    );
  }
  await checkWritable(join(folder, 'record.json'));
}

/** The file's path. A second run of the same kind on one day is numbered. */
export async function writeRecord(folder: string, report: AnyReport): Promise<string> {
  const stem = recordName(report);
  let path = join(folder, `${stem}.json`);
  for (let number = 2; existsSync(path); number++) path = join(folder, `${stem}-${number}.json`);
  await writeAtomically(path, `${JSON.stringify(withoutPaths(report), null, 1)}\n`);
  return path;
}

/** `2026-11-26-peers-node-llvmpipe`: date, what was run, where, and on which adapter. */
export function recordName(report: AnyReport): string {
  const { started, environment } = report;
  const [kind, adapter] =
    'kind' in report
      ? [report.kind, report.adapter?.name ?? 'none']
      : 'fields' in report
        ? ['peers', report.fields.find((field) => field.adapter)?.adapter?.name ?? 'wasm']
        : ['bench', report.adapter.name];
  const where = environment.host === 'node' ? 'node' : environment.runtime.split(/[ /]/, 1).join('');
  return [started.slice(0, 10), kind, where, firstWords(adapter)].join('-').toLowerCase();
}

/** `llvmpipe (LLVM 15.0.6, 256 bits)` is `llvmpipe`. */
const firstWords = (name: string): string =>
  name
    .replace(/\(.*/, '')
    .split(/[^\w]+/)
    .filter((word) => word !== '')
    .slice(0, 3)
    .join('-');

/** Options whose value names a file or a folder. */
const FILES: ReadonlySet<string> = new Set(['--json', '--csv', '--html', '--weights', '--record']);

function withoutPaths(report: AnyReport): AnyReport {
  if ('fields' in report || 'kind' in report) return report;
  const { settings } = report;
  const kept = settings.arguments.filter((argument, index, all) => {
    const [name = ''] = argument.split('=', 1);
    return !FILES.has(name) && (argument.startsWith('-') || !FILES.has(all[index - 1] ?? ''));
  });
  return { ...report, settings: { ...settings, arguments: kept } };
}
