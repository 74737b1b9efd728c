/** The comparison as text for a terminal. */
import { shortName } from '../../src/numerics';
import { percent } from '../report/format';
import { plainTable } from '../report/plain-table';
import {
  againstFastest,
  type ContestantResult,
  type PeerLeftOut,
  type PeersReport,
  type Ratio,
  type ShapeResult,
} from './report';

const LEGEND =
  'Ratio: how many times as fast ours is, median and quartiles of the rounds. Error: the largest, against float64.\n';

export function peersText(report: PeersReport): string {
  const { systole, environment, adapter, shapes, leftOut } = report;
  const { runtime, platform, cpu, cores } = environment;
  return [
    `systole ${systole.version} (${systole.revision}), ${[`${runtime} on ${platform}`, cpu, `${cores} cores`].filter(Boolean).join(', ')}`,
    `adapter ${adapter.name} (${adapter.kind}; ${adapter.reason})`,
    ...shapes.map(shapeText),
    ...(shapes.some(({ ratios }) => ratios.length > 0) ? [LEGEND] : []),
    ...(leftOut.length > 0 ? [`Left out (${leftOut.length}):`, ...leftOut.map(leftOutLine), ''] : []),
  ].join('\n');
}

function shapeText(result: ShapeResult): string {
  const { contestants, ratios } = result;
  const { m, n, k } = result.shape;
  const dtypes = [...new Set(ratios.map(({ ours }) => ours))];
  const row = (each: ContestantResult): string[] => {
    const { name, version, variant, dtype, gflops, ms, ours } = each;
    return [
      [name, version, variant && `(${variant})`].filter(Boolean).join(' '),
      shortName(dtype),
      gflops?.toPrecision(3) ?? '-',
      ms === null || ms.count < 2
        ? '-'
        : percent((ms.spread.upperQuartile - ms.spread.lowerQuartile) / ms.median),
      String(ms?.count ?? 0),
      ...checkCells(each),
      ...dtypes.map((wanted) =>
        ratioCell(ratios.find((ratio) => !ours && ratio.ours === wanted && ratio.peer === name)),
      ),
    ];
  };
  const ratioHeads = dtypes.map((dtype) => `${shortName(dtype)} ratio`);
  const table = plainTable(
    [`${m}x${n}x${k}`, 'dtype', 'GFLOP/s', 'spread', 'rounds', 'error', 'of bound', ...ratioHeads],
    ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left', 'left'],
    contestants.map(row),
  );
  return `\n${table}\n${fastestLine(againstFastest(result))}`;
}

function fastestLine(ratios: readonly Ratio[]): string {
  const [first] = ratios;
  if (first === undefined) return '';
  const times = ratios.map(({ ours, median }) => `${shortName(ours)} ${median.toFixed(2)} times`);
  return `Against the fastest peer, ${first.peer}: ours in ${times.join(', in ')} as fast.\n`;
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
