/** The comparison of networks as text for a terminal. */
import { shortName } from '../../src/numerics';
import { percent } from '../report/format';
import { plainTable } from '../report/plain-table';
import {
  againstFastest,
  type NetworkLeftOut,
  type NetworkName,
  type NetworkRatio,
  type NetworkResult,
  type NetworksReport,
  type WorkloadResult,
} from './report';
import { WORKLOADS, type Sizes } from './workloads';

const LEGEND =
  'Ratio: how many times as fast ours is, median and quartiles of the rounds. Of bound: the largest share of what is allowed that an error takes.\n';

export function networksText(report: NetworksReport): string {
  const { systole, environment, adapter, problem, workloads, leftOut, settings } = report;
  const { runtime, platform, cpu, cores } = environment;
  return [
    `systole ${systole.version} (${systole.revision}), ${[`${runtime} on ${platform}`, cpu, `${cores} cores`].filter(Boolean).join(', ')}`,
    ...(adapter === undefined ? [] : [`WebGPU: ${adapter.name} (${adapter.kind}; ${adapter.reason})`]),
    '',
    ...(problem === undefined ? [] : [`not run: ${problem}\n`]),
    ...workloads.map((each) => workloadText(each, settings.sizes)),
    ...(leftOut.length > 0 ? [`Left out (${leftOut.length}):`, ...leftOut.map(leftOutLine), ''] : []),
    ...summaryText(workloads),
  ].join('\n');
}

const nameOf = ({ name, dtype }: Pick<NetworkName, 'name' | 'dtype'>): string =>
  `${name} ${shortName(dtype)}`;

/** What it comes to: each workload, each of ours against the fastest peer. */
function summaryText(workloads: readonly WorkloadResult[]): string[] {
  const lines = workloads.flatMap((each) => {
    const ratios = againstFastest(each);
    return ratios.length === 0 ? [] : [{ title: WORKLOADS[each.workload].title, ratios }];
  });
  if (lines.length === 0) return [];
  const ours = oursOf(lines.flatMap(({ ratios }) => ratios));
  const table = plainTable(
    ['against the fastest peer', 'peer', ...ours],
    ['left', 'left', ...ours.map(() => 'left' as const)],
    lines.map(({ title, ratios }) => [
      title,
      ratios[0]?.peer ?? '',
      ...ours.map((wanted) => ratioCell(ratios.find((ratio) => nameOf(ratio.ours) === wanted))),
    ]),
  );
  return [`${table}\n`, LEGEND];
}

const oursOf = (ratios: readonly NetworkRatio[]): readonly string[] => [
  ...new Set(ratios.map(({ ours }) => nameOf(ours))),
];

/** Chains are told by the add. */
export const runsPer = (workload: WorkloadResult['workload'], sizes: Sizes): number =>
  WORKLOADS[workload].unit === 'add' ? sizes.adds.count : 1;

function workloadText({ workload, contestants, ratios }: WorkloadResult, sizes: Sizes): string {
  const { title, unit } = WORKLOADS[workload];
  const ours = oursOf(ratios);
  const row = (each: NetworkResult): string[] => {
    const { name, version, variant, dtype, ms, dispatches, firstRunMs } = each;
    const per = runsPer(workload, sizes);
    return [
      [name, version, variant && `(${variant})`].filter(Boolean).join(' '),
      shortName(dtype),
      ms === null ? '-' : (ms.median / per).toPrecision(3),
      ms === null || ms.count < 2
        ? '-'
        : percent((ms.spread.upperQuartile - ms.spread.lowerQuartile) / ms.median),
      String(ms?.count ?? 0),
      firstRunMs.toFixed(0),
      dispatches === undefined ? '' : String(dispatches),
      ...checkCells(each),
      ...ours.map((wanted) =>
        ratioCell(ratios.find((ratio) => !each.ours && nameOf(ratio.ours) === wanted && ratio.peer === name)),
      ),
    ];
  };
  const numbers = [`ms per ${unit}`, 'spread', 'rounds', 'first ms', 'dispatches', 'error', 'of bound'];
  const table = plainTable(
    [title, 'dtype', ...numbers, ...ours.map((each) => `against ${each}`)],
    ['left', 'left', ...numbers.map(() => 'right' as const), ...ours.map(() => 'left' as const)],
    contestants.map(row),
  );
  return `${table}\n`;
}

/** The largest error of an output or a loss, and the largest share of what is allowed. */
function checkCells({
  check: { passed, maxError, worstShareOfBound, worst },
}: NetworkResult): [string, string] {
  if (maxError === null || worstShareOfBound === null) return ['not finite', `WRONG: ${worst ?? ''}`];
  return [
    maxError.toExponential(1),
    `${percent(worstShareOfBound)}${passed ? '' : ` WRONG: ${worst ?? ''}`}`,
  ];
}

/** Median, and the middle half of the rounds. */
function ratioCell(ratio: NetworkRatio | undefined): string {
  if (ratio === undefined) return '';
  const { lowerQuartile, upperQuartile } = ratio.spread;
  const range = ratio.count > 1 ? ` (${lowerQuartile.toFixed(2)} to ${upperQuartile.toFixed(2)})` : '';
  return `${ratio.median.toFixed(2)}${range}`;
}

function leftOutLine({ name, version, dtype, workload, reason }: NetworkLeftOut): string {
  const where = workload === undefined ? '' : `, ${WORKLOADS[workload].title}`;
  return `  ${name} ${version} (${shortName(dtype)})${where}: ${reason}`;
}
