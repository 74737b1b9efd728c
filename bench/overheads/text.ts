/** The overheads as text for a terminal. */
import { plainTable } from '../report/plain-table';
import { significant } from '../report/format';
import { summarise } from '../timing';
import {
  COLD_STAGES,
  OVERHEADS,
  type ColdStage,
  type ColdStart,
  type Overhead,
  type OverheadsReport,
  type Sampled,
} from './report';

export function overheadsText(report: OverheadsReport): string {
  const { systole, environment, adapter, cold, overheads, pool } = report;
  const { runtime, platform, cpu, cores } = environment;
  const machine = [`${runtime} on ${platform}`, cpu, `${cores} cores`].filter(Boolean).join(', ');
  return [
    `systole ${systole.version} (${systole.revision}), ${machine}`,
    `adapter ${adapter.name} (${adapter.kind}; ${adapter.reason})`,
    '',
    coldText(cold),
    '',
    table(
      'overhead',
      (Object.keys(OVERHEADS) as Overhead[]).map((name) => [OVERHEADS[name], overheads[name]]),
    ),
    '',
    `pool    ${pool.hits} buffers taken from it, ${pool.misses} made, ${pool.handedBack} handed back; ${significant(pool.peakBytes / 2 ** 20)} MiB at most`,
    '',
  ].join('\n');
}

/** A product that is wrong has no times. */
function coldText(cold: readonly ColdStart[]): string {
  if (!cold.every(({ verified }) => verified))
    return 'The first product of a cold start is WRONG: check FAILED.';
  // Where a host asks for adapter and device at once, the one stands for both.
  const stages = (Object.keys(COLD_STAGES) as ColdStage[]).filter((stage) =>
    cold.some(({ stages: ms }) => ms[stage] > 0),
  );
  const totals = {
    'all: a first verified product': stages,
    'beyond the adapter request': stages.filter((stage) => stage !== 'adapter'),
  };
  const over = (chosen: readonly ColdStage[]): Sampled =>
    summarise(
      cold.map(({ stages: ms }) => chosen.reduce((sum, stage) => sum + ms[stage], 0)),
      1,
    );
  return table(`cold start (${cold.length} of them)`, [
    ...stages.map((stage): [string, Sampled] => [COLD_STAGES[stage], over([stage])]),
    ...Object.entries(totals).map(([name, chosen]): [string, Sampled] => [name, over(chosen)]),
  ]);
}

function table(head: string, rows: readonly (readonly [string, Sampled])[]): string {
  return plainTable(
    [head, 'median', 'middle half', 'samples'],
    ['left', 'right', 'right', 'right'],
    rows.map(([name, { median, spread, count }]) => [
      name,
      milliseconds(median),
      `${milliseconds(spread.lowerQuartile)} to ${milliseconds(spread.upperQuartile)}`,
      String(count),
    ]),
  );
}

/** In the unit that leaves three digits before or behind the point. */
function milliseconds(ms: number): string {
  if (ms >= 1) return `${significant(ms)} ms`;
  return ms === 0 ? '0' : `${significant(ms * 1000)} us`;
}
