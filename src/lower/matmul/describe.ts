/** A plan as text for people: the tiling, what it occupies, what it does and moves, and a picture of the tile grid. */
import { CHIPS } from '../../chip';
import { bytesOf } from '../../program';
import { counts, epilogueBytes } from './counts';
import { epilogueText } from './epilogue';
import { footprint, groupsOf, tilesOfBlock } from './layout';
import type { Extent, MatmulPlan } from './types';

/** A heading over rows of name and value, in columns. */
type Section = readonly [heading: string, rows: readonly (readonly [string, string])[]];

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes in the largest unit that keeps them at least 1, to three digits: 1536 is "1.5 KiB". */
function size(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${UNITS[power] ?? ''}`;
}

const count = (value: number) => value.toLocaleString('en-US');
const extent = ({ m, n, k }: Extent) => `${m} x ${n} x ${k}`;

/** Passes in words, e.g. "4 (3 double-row of 2 x 128 rows, 1 of 101 rows)". */
function passesText({ passes }: MatmulPlan): string {
  const kinds = new Map<string, number>();
  for (const { rows, interleave } of passes) {
    const kind = interleave === 2 ? `double-row of 2 x ${rows} rows` : `of ${rows} rows`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return `${count(passes.length)} (${[...kinds].map(([kind, times]) => `${count(times)} ${kind}`).join(', ')})`;
}

/** The output's format, and how it is rounded where that is not the default. */
function outText({ out, rounding, saturate, seed }: MatmulPlan): string {
  const drawn = rounding === 'stochastic' ? ` (seed ${seed})` : '';
  const rounded = rounding === 'nearest-even' ? '' : `, rounded ${rounding}${drawn}`;
  return `${out}${rounded}${saturate ? ', saturating' : ''}`;
}

/** Tensors that differ only by a number, together: "8 x 2 KiB". */
function buffersText(tensors: Readonly<Record<string, number>>): readonly (readonly [string, string])[] {
  const groups = new Map<string, number[]>();
  for (const [name, bytes] of Object.entries(tensors)) {
    const kind = name.replace(/\d+$/, '');
    groups.set(kind, [...(groups.get(kind) ?? []), bytes]);
  }
  return [...groups].map(([kind, [bytes = 0, ...rest]]) => [kind, `${1 + rest.length} x ${size(bytes)}`]);
}

const GRID_ROWS = 8;
const GRID_COLUMNS = 16;

/** The output's tiles, one character each: a block is a run of the same letter. Large grids are cut short. */
function grid(plan: MatmulPlan): readonly string[] {
  const starts = (whole: number, block: number, tile: number, most: number) => {
    const cells: number[] = [];
    for (let start = 0; start < whole && cells.length <= most;) {
      cells.push(Math.floor(start / block));
      start = Math.min(start + tile, (Math.floor(start / block) + 1) * block);
    }
    return cells;
  };
  const rows = starts(plan.m, plan.block.m, plan.tile.m, GRID_ROWS);
  const columns = starts(plan.n, plan.block.n, plan.tile.n, GRID_COLUMNS);
  const blocksN = Math.ceil(plan.n / plan.block.n);
  const lines = rows.slice(0, GRID_ROWS).map((row) => {
    const cells = columns
      .slice(0, GRID_COLUMNS)
      .map((column) => String.fromCharCode(65 + ((row * blocksN + column) % 26)));
    return `  ${cells.join(' ')}${columns.length > GRID_COLUMNS ? ' ..' : ''}`;
  });
  return rows.length > GRID_ROWS ? [...lines, '  ..'] : lines;
}

/** What `systole plan` prints. Lines end without spaces; the last one without a newline. */
export function describePlan(plan: MatmulPlan): string {
  const chip = CHIPS[plan.chip];
  const { sbuf, psum } = footprint(plan);
  const { instructions, bytes } = counts(plan);
  const tiles = tilesOfBlock(plan);
  const flop = 2 * plan.m * plan.n * plan.k;
  const hbmBytes = bytes['hbm->sbuf'] + bytes['sbuf->hbm'];
  const least =
    plan.m * plan.k * bytesOf(plan.a) +
    plan.k * plan.n * bytesOf(plan.b) +
    plan.m * plan.n * bytesOf(plan.out) * (plan.accumulate ? 2 : 1) +
    epilogueBytes(plan);
  const sections: readonly Section[] = [
    [
      `out[${plan.m}, ${plan.n}] = ${plan.accumulate ? 'C + ' : ''}A[${plan.m}, ${plan.k}] B[${plan.k}, ${plan.n}] on ${chip.name} (${chip.core})`,
      [
        ['A', `${plan.a}, ${plan.aLayout}`],
        ['B', plan.b],
        ['out', outText(plan)],
        ...(plan.epilogue === undefined ? [] : [['epilogue', epilogueText(plan.epilogue)] as const]),
      ],
    ],
    [
      'Tiling (M x N x K)',
      [
        ['tile', extent(plan.tile)],
        ['block', `${extent(plan.block)}, ${tiles.m} x ${tiles.n} tiles`],
        ['passes', passesText(plan)],
        ['groups', `${count(groupsOf(plan))} along K`],
        ['loops', plan.loopOrder.join(' > ')],
        ['buffers', `${plan.buffers.a} of A, ${plan.buffers.b} of B, ${plan.buffers.out} of the output`],
      ],
    ],
    [
      'On chip, per partition',
      [
        ...buffersText(sbuf.tensors),
        ['SBUF', `${size(sbuf.total)} of ${size(sbuf.usable)} usable`],
        ['PSUM', `${psum.banks} of ${psum.of} banks`],
      ],
    ],
    [
      'Instructions',
      Object.entries(instructions)
        .filter(([, times]) => times > 0)
        .map(([opcode, times]) => [opcode, count(times)] as const),
    ],
    [
      'Moved',
      [
        ...Object.entries(bytes)
          .filter(([, moved]) => moved > 0)
          .map(([route, moved]) => [route.replace('->', ' to '), size(moved)] as const),
        ['HBM traffic', `${(hbmBytes / least).toFixed(2)} times the least possible`],
        ['intensity', `${(flop / hbmBytes).toFixed(1)} FLOP per byte of HBM`],
      ],
    ],
  ];
  const width = Math.max(...sections.flatMap(([, rows]) => rows.map(([name]) => name.length)));
  const lines = sections.flatMap(([heading, rows]) => [
    heading,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
  ]);
  return [...lines, 'Output tiles, a letter for each block', ...grid(plan)].join('\n');
}
