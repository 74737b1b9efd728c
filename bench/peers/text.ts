/** The comparison as text for a terminal. */
import Table from 'cli-table3';
import { shortName } from '../../src/numerics';
import type { ContestantResult, PeerLeftOut, PeersReport, Ratio, ShapeResult } from './report';

/** Only spaces between columns. */
const PLAIN = {
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

export function peersText(report: PeersReport): string {
  const { systole, environment, adapter, shapes, leftOut } = report;
  const { runtime, platform, cpu, cores } = environment;
  return [
    `systole ${systole.version} (${systole.revision}), ${[`${runtime} on ${platform}`, cpu, `${cores} cores`].filter(Boolean).join(', ')}`,
    `adapter ${adapter.name} (${adapter.kind}; ${adapter.reason})`,
    ...shapes.map(shapeText),
    ...(leftOut.length > 0 ? [`Left out (${leftOut.length}):`, ...leftOut.map(leftOutLine), ''] : []),
  ].join('\n');
}

function shapeText({ shape: { m, n, k }, contestants, ratios }: ShapeResult): string {
  const dtypes = [...new Set(ratios.map(({ ours }) => ours))];
  const rows = contestants.map((each) => [
    [each.name, each.version, each.variant && `(${each.variant})`].filter(Boolean).join(' '),
    shortName(each.dtype),
    each.gflops?.toPrecision(3) ?? '-',
    each.ms?.median.toPrecision(3) ?? '-',
    each.ms === null || each.ms.count < 2
      ? '-'
      : percent((each.ms.spread.upperQuartile - each.ms.spread.lowerQuartile) / each.ms.median),
    String(each.ms?.count ?? 0),
    ...checkCells(each),
    ...dtypes.map((dtype) =>
      ratioCell(ratios.find(({ ours, peer }) => ours === dtype && peer === each.name && !each.ours)),
    ),
  ]);
  const head = ['', 'dtype', 'GFLOP/s', 'ms', 'spread', 'rounds', 'error', 'of bound'];
  const ratioHeads = dtypes.map((dtype) => `ours in ${shortName(dtype)}, times as fast`);
  const table = new Table({
    head: [...head, ...ratioHeads],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'left', 'left'],
    chars: PLAIN,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows);
  return `\n${m}x${n}x${k}\n${table.toString().replaceAll(/ +$/gm, '')}\n`;
}

/** The largest error against float64, and as a share of the derived bound. */
function checkCells({ check: { passed, maxError, worstShareOfBound } }: ContestantResult): [string, string] {
  if (maxError === null || worstShareOfBound === null) return ['not finite', 'WRONG'];
  return [maxError.toExponential(1), `${percent(worstShareOfBound)}${passed ? '' : ' WRONG'}`];
}

/** Median, and the middle half of the rounds. */
function ratioCell(ratio: Ratio | undefined): string {
  if (ratio === undefined) return '';
  const { lowerQuartile, upperQuartile } = ratio.spread;
  const range = ratio.count > 1 ? ` (${lowerQuartile.toFixed(2)} to ${upperQuartile.toFixed(2)})` : '';
  return `${ratio.median.toFixed(2)}${range}`;
}

function leftOutLine({ name, version, dtype, shape, reason }: PeerLeftOut): string {
  const where = shape === undefined ? '' : ` at ${shape.m}x${shape.n}x${shape.k}`;
  return `  ${name} ${version} (${shortName(dtype)})${where}: ${reason}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
