/** `systole bench --peers --networks`: whole networks by other libraries, turn by turn, in Node or in a headless browser. */
import {
  networksExitCode,
  type NetworksProgress,
  type NetworksReport,
  type NetworksRequest,
} from '../../bench/networks/report';
import { networksText } from '../../bench/networks/text';
import { WORKLOAD_NAMES, WORKLOADS, type WorkloadName } from '../../bench/networks/workloads';
import { checkRecords, writeRecord } from '../../bench/node/record';
import { checkWritable, writeAtomically } from '../../bench/node/write';
import { DEFAULT_ROUNDS } from '../../bench/peers/report';
import { UserError } from '../numerics';
import type { BenchOptions } from './bench-options';
import { interruptOnce } from './interrupt';
import { changingLine } from './progress';

/** What `--peers-field` says to the process that runs them. */
export const NETWORKS_FIELD = 'networks';

export async function benchNetworks(options: BenchOptions): Promise<void> {
  const { seed, budget, adapter, browser, json, record, peersField } = options;
  const request = {
    workloads: workloadsOf(options.case),
    seed,
    budgetSeconds: budget,
    rounds: DEFAULT_ROUNDS,
  };
  if (peersField !== undefined) {
    await (await import('../../bench/networks/node')).tellNetworks(request, adapter);
    return;
  }
  if (browser === 'firefox') throw new UserError('--peers runs in Node or in Chromium: leave firefox out.');
  if (json !== undefined) await checkWritable(json);
  if (record !== undefined) await checkRecords(record);
  const interrupt = interruptOnce();
  const line = changingLine();
  const onProgress = (progress: NetworksProgress): void => {
    line.show(textOf(progress), progress.round);
  };
  try {
    const report = await compare(options, { ...request, signal: interrupt.signal, onProgress });
    line.clear();
    console.log(networksText(report));
    process.exitCode = networksExitCode(report);
    if (json !== undefined) await writeAtomically(json, `${JSON.stringify(report, null, 2)}\n`);
    if (record !== undefined) console.log(`recorded in ${await writeRecord(record, report)}`);
  } finally {
    line.clear();
    interrupt.release();
  }
}

/** Those whose name matches. @throws UserError when none does. */
function workloadsOf(pattern: string | undefined): readonly WorkloadName[] {
  const names = WORKLOAD_NAMES.filter((name) => pattern === undefined || new RegExp(pattern).test(name));
  if (names.length > 0) return names;
  throw new UserError(`--case ${pattern ?? ''} matches none of the networks: ${WORKLOAD_NAMES.join(', ')}.`);
}

async function compare(
  { adapter, browser, case: pattern, budget, seed }: BenchOptions,
  request: NetworksRequest,
): Promise<NetworksReport> {
  if (browser !== undefined)
    return (await import('../../bench/networks/browser')).runNetworksInBrowser(request, adapter);
  const [, script = ''] = process.argv;
  const { runNetworksInNode } = await import('../../bench/networks/node');
  return runNetworksInNode(request, [
    script,
    ...['bench', '--peers', '--networks', '--peers-field', NETWORKS_FIELD],
    ...['--seed', String(seed), '--budget', String(budget)],
    ...(pattern === undefined ? [] : ['--case', pattern]),
    ...(adapter === undefined ? [] : ['--adapter', adapter]),
  ]);
}

const STAGES = {
  open: 'opening',
  check: 'checking',
  time: 'timing',
} as const satisfies Record<NetworksProgress['stage'], string>;

const textOf = ({ name, dtype, stage, workload }: NetworksProgress): string =>
  `${workload === undefined ? '' : `${WORKLOADS[workload].title}: `}${STAGES[stage]} ${name} in ${dtype}`;
