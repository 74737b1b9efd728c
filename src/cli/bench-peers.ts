/** `systole bench --peers`: the same shapes by other libraries, turn by turn, in Node or in a headless browser. */
import { selectCases } from '../../bench/cases';
import { checkRecords, writeRecord } from '../../bench/node/record';
import { checkWritable, writeAtomically } from '../../bench/node/write';
import { FIELDS, fieldsOf } from '../../bench/peers/fields';
import {
  DEFAULT_ROUNDS,
  DEFAULT_SHAPES,
  peersExitCode,
  type PeersProgress,
  type PeersReport,
  type PeersRequest,
} from '../../bench/peers/report';
import { peersText } from '../../bench/peers/text';
import { UserError } from '../numerics';
import type { BenchOptions } from './bench-options';
import { interruptOnce } from './interrupt';
import { changingLine } from './progress';

export async function benchPeers(options: BenchOptions): Promise<void> {
  const { seed, budget, adapter, browser, json, record, peersField } = options;
  const request = { shapes: shapesOf(options), seed, budgetSeconds: budget, rounds: DEFAULT_ROUNDS };
  if (peersField !== undefined) {
    await (await import('../../bench/peers/node-field')).tellField(peersField, { ...request, adapter });
    return;
  }
  if (browser === 'firefox') throw new UserError('--peers runs in Node or in Chromium: leave firefox out.');
  if (json !== undefined) await checkWritable(json);
  if (record !== undefined) await checkRecords(record);
  const interrupt = interruptOnce();
  const line = changingLine();
  const onProgress = (progress: PeersProgress): void => {
    line.show(textOf(progress), progress.round);
  };
  try {
    const report = await compare(options, { ...request, signal: interrupt.signal, onProgress });
    line.clear();
    console.log(peersText(report));
    process.exitCode = peersExitCode(report);
    if (json !== undefined) await writeAtomically(json, `${JSON.stringify(report, null, 2)}\n`);
    if (record !== undefined) console.log(`recorded in ${await writeRecord(record, report)}`);
  } finally {
    line.clear();
    interrupt.release();
  }
}

/** Those given, or those of the built-in cases that match, each once. */
function shapesOf({ shape, case: pattern }: BenchOptions): readonly string[] {
  if (pattern === undefined) return shape ?? DEFAULT_SHAPES;
  const { cases } = selectCases({ pattern, dtypes: ['fp32'] });
  return [...new Set(cases.map(({ m, n, k }) => `${m}x${n}x${k}`))];
}

async function compare(
  { browser, adapter, device }: BenchOptions,
  request: PeersRequest,
): Promise<PeersReport> {
  if (browser !== undefined) {
    const { runPeersInBrowser } = await import('../../bench/peers/browser');
    return runPeersInBrowser({ ...request, adapter, device });
  }
  const { runPeersInNode } = await import('../../bench/peers/node');
  const [, script = ''] = process.argv;
  return runPeersInNode({
    ...request,
    adapter,
    fields: fieldsOf(device),
    command: (field, { shapes, seed, budgetSeconds }) => [
      script,
      ...['bench', '--peers', '--peers-field', field],
      ...shapes.flatMap((shape) => ['--shape', shape]),
      ...['--seed', String(seed), '--budget', String(budgetSeconds)],
      ...(adapter === undefined ? [] : ['--adapter', adapter]),
    ],
  });
}

const STAGES = {
  open: 'opening',
  check: 'checking',
  time: 'timing',
} as const satisfies Record<PeersProgress['stage'], string>;

const textOf = ({ field, name, dtype, stage }: PeersProgress): string =>
  `${field === undefined ? '' : `${FIELDS[field].title}: `}${STAGES[stage]} ${name} in ${dtype}`;
