/** Which pass is to blame for a cell of the output, and why in words: what its mark stands for, looked up in the passes themselves. */
import type { Tiled } from '../../src/lower';
import {
  areaText,
  boxText,
  cellsAround,
  rangeText,
  type Area,
  type Mark,
  type Range,
  type TilePass,
} from '../../src/verify/tiling';
import { listText, type PureChecks } from './pure-checks';

interface Blame {
  /** Undefined where no pass is to blame. */
  readonly index: number | undefined;
  readonly why: string;
}

/** @param area is what was compared, the tile that the cell is of. */
export function blame(tiled: Tiled, pure: PureChecks, cell: Area, area: Area, mark: Mark): Blame {
  switch (mark) {
    case 'illegal':
      return impossible(tiled, pure, cell) ?? unexplained(tiled, area);
    case 'outside':
      return outsideOf(tiled, pure, cell) ?? unexplained(tiled, area);
    case 'missing':
      return missing(tiled, pure, cell);
    case 'doubled':
      return doubled(tiled, cell) ?? unexplained(tiled, area);
    case 'torn':
      return torn(pure, cell) ?? unexplained(tiled, area);
    case 'right':
    case 'wrong':
    case 'unchecked':
      return grouped(pure, area) ?? unexplained(tiled, area);
  }
}

/** The first pass of the cell that the chip cannot do. */
function impossible(
  { passes }: Tiled,
  { illegal, coverage: { grid } }: PureChecks,
  cell: Area,
): Blame | undefined {
  for (const { passes: broken, text } of illegal) {
    const index = broken.find((each) => touches(passes[each], cell, grid));
    if (index === undefined) continue;
    const [first] = broken;
    return {
      index,
      why:
        index === first
          ? text
          : `Pass ${index}, as pass ${first ?? NaN}: ${text.slice(text.indexOf(': ') + 2)}`,
    };
  }
  return undefined;
}

function outsideOf(
  { passes, product: { m, n, k } }: Tiled,
  { coverage }: PureChecks,
  cell: Area,
): Blame | undefined {
  const index = coverage.outside.find((each) => touches(passes[each], cell, coverage.grid));
  const pass = passes[index ?? -1];
  if (pass === undefined) return undefined;
  return {
    index,
    why: `Pass ${String(index)} takes ${boxText(pass)}, outside of the product, which ends at m ${m - 1}, n ${n - 1}, k ${k - 1}.`,
  };
}

/** The pass that ends where the first gap along K begins, or begins where it ends. */
function missing(tiled: Tiled, pure: PureChecks, cell: Area): Blame {
  const { passes, product } = tiled;
  const over = passesOver(passes, cell);
  const gap = firstStretch(over, product.k, (times) => times === 0)?.k;
  if (over.length === 0 || gap === undefined) {
    const [impossible] = [...pure.coverage.outside, ...pure.illegal.map(({ pass }) => pass)];
    const pass = passes[impossible ?? -1];
    return pass === undefined
      ? { index: undefined, why: 'No pass takes this tile.' }
      : {
          index: impossible,
          why: `No pass takes this tile; pass ${String(impossible)}, which takes ${boxText(pass)}, is impossible.`,
        };
  }
  const beside =
    over.findLast(({ pass }) => pass.k[1] === gap[0]) ?? over.find(({ pass }) => pass.k[0] === gap[1]);
  return { index: beside?.index, why: `No pass takes k ${rangeText(gap)} of it.` };
}

/** Exactly the passes that take the first stretch of K which more than one takes. */
function doubled({ passes, product }: Tiled, cell: Area): Blame | undefined {
  const stretch = firstStretch(passesOver(passes, cell), product.k, (times) => times > 1);
  if (stretch === undefined) return undefined;
  const { k, passes: taking } = stretch;
  return {
    index: taking.at(-1),
    why: `Passes ${listText(taking.slice(0, NAMED), taking.length)} all take k ${rangeText(k)} of it.`,
  };
}

/** Passes of one stretch that are named. */
const NAMED = 8;

function torn({ coverage }: PureChecks, cell: Area): Blame | undefined {
  const part = coverage.torn?.parts.find((each) => overlap(each, cell));
  if (part === undefined) return undefined;
  return {
    index: part.passes[1],
    why: `The ${part.tiles} tiles that begin with passes ${listText(part.passes, part.tiles)} share ${areaText(part)}: each stores its own sum over the others'.`,
  };
}

/** The first problem of an accumulation group in the tile or, where it has none, anywhere. */
function grouped({ groups: { problems } }: PureChecks, area: Area): Blame | undefined {
  const problem = problems.find((each) => overlap(each, area)) ?? problems[0];
  return problem && { index: problem.pass, why: problem.text };
}

function unexplained({ passes }: Tiled, area: Area): Blame {
  return {
    index: lastPassOver(passes, area),
    why: `The sum of ${areaText(area)} is not what its passes must give.`,
  };
}

interface Over {
  readonly index: number;
  readonly pass: TilePass;
}

/** The passes over all of a cell. */
function passesOver(passes: readonly TilePass[], cell: Area): readonly Over[] {
  return passes.flatMap((pass, index) => (overlap(pass, cell) ? [{ index, pass }] : []));
}

interface Stretch {
  readonly k: Range;
  /** Indices of the passes that take it, ascending. */
  readonly passes: readonly number[];
}

/** The first stretch of K, cut where any pass begins or ends, that a wanted number of passes takes. */
function firstStretch(
  over: readonly Over[],
  k: number,
  wanted: (times: number) => boolean,
): Stretch | undefined {
  const edges = [...new Set([0, k, ...over.flatMap(({ pass }) => pass.k)])].sort((x, y) => x - y);
  const begins = over.toSorted((one, other) => one.pass.k[0] - other.pass.k[0]);
  const ends = over.toSorted((one, other) => one.pass.k[1] - other.pass.k[1]);
  const taking = new Set<number>();
  let [begun, ended] = [0, 0];
  for (const [at, begin] of edges.entries()) {
    const end = edges[at + 1];
    if (begin >= k || end === undefined) return undefined;
    for (; begins[begun]?.pass.k[0] === begin; begun++) taking.add(begins[begun]?.index ?? NaN);
    for (; ends[ended]?.pass.k[1] === begin; ended++) taking.delete(ends[ended]?.index ?? NaN);
    if (wanted(taking.size))
      return { k: [begin, Math.min(end, k)], passes: [...taking].sort((x, y) => x - y) };
  }
  return undefined;
}

/** Whether a pass, drawn back into the grid where it lies outside, touches a cell. */
function touches(
  pass: Area | undefined,
  cell: Area,
  { m, n }: { readonly m: readonly number[]; readonly n: readonly number[] },
): boolean {
  if (pass === undefined) return false;
  const inGrid = (range: Range, edges: readonly number[]): Range => {
    const [first, last] = cellsAround(range, edges);
    return [edges[first] ?? NaN, edges[last] ?? NaN];
  };
  return overlap({ m: inGrid(pass.m, m), n: inGrid(pass.n, n) }, cell);
}

export function lastPassOver(passes: readonly TilePass[], area: Area): number | undefined {
  const index = passes.findLastIndex((pass) => overlap(pass, area));
  return index < 0 ? undefined : index;
}

export function overlap(one: Area, other: Area): boolean {
  return one.m[0] < other.m[1] && other.m[0] < one.m[1] && one.n[0] < other.n[1] && other.n[0] < one.n[1];
}
