/** The comparison as text for a terminal. */
import { shortName } from '../../src/numerics';
import { percent } from '../report/format';
import { plainTable } from '../report/plain-table';
import {
  againstFastest,
  titleOf,
  type ContestantResult,
  type FieldReport,
  type PeerLeftOut,
  type PeersReport,
  type Ratio,
  type ShapeResult,
} from './report';

const LEGEND =
  'Ratio: how many times as fast ours is, median and quartiles of the rounds. Error: the largest, against float64.\n';

export function peersText(report: PeersReport): string {
  const { systole, environment, fields } = report;
  const { runtime, platform, cpu, cores } = environment;
  return [
    `systole ${systole.version} (${systole.revision}), ${[`${runtime} on ${platform}`, cpu, `${cores} cores`].filter(Boolean).join(', ')}`,
    ...fields.map(fieldText),
    ...summaryText(fields),
  ].join('\n');
}

function fieldText(report: FieldReport): string {
  const { adapter, problem, shapes, leftOut } = report;
  return [
    `\n${titleOf(report)}${adapter ? `: ${adapter.name} (${adapter.kind}; ${adapter.reason})` : ''}`,
    ...(problem === undefined ? [] : [`not run: ${problem}\n`]),
    ...shapes.map(shapeText),
    ...(leftOut.length > 0 ? [`Left out (${leftOut.length}):`, ...leftOut.map(leftOutLine), ''] : []),
  ].join('\n');
}

/** What it comes to: for each shape, in each field, each dtype of ours against the fastest peer of that field. */
function summaryText(fields: readonly FieldReport[]): string[] {
  const lines = fields.flatMap((field) =>
    field.shapes.flatMap((shape) => {
      const ratios = againstFastest(shape);
      return ratios.length === 0 ? [] : [{ title: titleOf(field), shape, ratios }];
    }),
  );
  const dtypes = [...new Set(lines.flatMap(({ ratios }) => ratios.map(({ ours }) => ours)))];
  if (lines.length === 0) return [];
  const table = plainTable(
    [
      'against the fastest peer',
      'shape',
      'peer, float32',
      ...dtypes.map((dtype) => `${shortName(dtype)} ratio`),
    ],
    ['left', 'left', 'left', ...dtypes.map(() => 'left' as const)],
    lines.map(({ title, shape: { shape }, ratios }) => [
      title,
      `${shape.m}x${shape.n}x${shape.k}`,
      ratios[0]?.peer ?? '',
      ...dtypes.map((dtype) => ratioCell(ratios.find(({ ours }) => ours === dtype))),
    ]),
  );
  return [`${table}\n`, LEGEND];
}

function shapeText({ contestants, ratios, shape: { m, n, k } }: ShapeResult): string {
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
    ['left', 'left', 'right', 'right', 'right', 'right', 'right', ...dtypes.map(() => 'left' as const)],
    contestants.map(row),
  );
  return `${table}\n`;
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
