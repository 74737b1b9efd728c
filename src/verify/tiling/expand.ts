/** From loops to passes: the loops are unrolled, groups cut along K, and banks dealt out in turn. */
import { CHIPS } from '../../chip';
import { UserError } from '../../numerics';
import type { LoopNest, LoopStep } from './format';
import {
  areaKey,
  AXES,
  banksOf,
  rangeText,
  type Axis,
  type Box,
  type Product,
  type Range,
  type TilePass,
} from './types';

/** More passes than this are not unrolled: a tiling repeats, so that a smaller product shows what is wrong with it. */
export const MAX_PASSES = 2 ** 17;

type Writable = { -readonly [K in keyof TilePass]: TilePass[K] };

/** @throws UserError for loops that cannot be, naming the field, and where there would be more than `MAX_PASSES` passes. */
export function expand(nest: LoopNest, product: Product): readonly TilePass[] {
  const { tile, doubleRow = false } = nest;
  const most = 2 * CHIPS[product.chip].matmul.rows;
  if (doubleRow && (tile.k > most || tile.k % 2 === 1))
    throw new UserError(
      `tiling.tile.k must be even and at most ${most} with doubleRow, received ${tile.k}: each row of the array takes two indices of K.`,
    );
  const given: readonly LoopStep[] = nest.loops ?? AXES.map((axis) => ({ axis }));
  const loops = given.map(({ axis, step = tile[axis] }) => ({
    axis,
    step,
  }));
  for (const axis of AXES) {
    const innermost = loops.findLast((loop) => loop.axis === axis);
    if (innermost === undefined)
      throw new UserError(
        `tiling.loops must have a loop along ${axis}, received none: add {"axis": "${axis}"}.`,
      );
    if (innermost.step !== tile[axis])
      throw new UserError(
        `tiling.loops[${loops.lastIndexOf(innermost)}].step must be tile.${axis} = ${tile[axis]}, since it is the innermost loop along ${axis}, received ${innermost.step}.`,
      );
  }
  refuseTooMany(
    AXES.reduce(
      (count, axis) =>
        count *
        leaves(
          product[axis],
          loops.flatMap((loop) => (loop.axis === axis ? [loop.step] : [])),
        ),
      1,
    ),
  );
  const passes: Writable[] = [];
  const visit = (depth: number, box: Box): void => {
    const loop = loops[depth];
    if (loop === undefined) {
      for (const part of cutK(box.k, doubleRow))
        passes.push({ m: box.m, n: box.n, ...part, bank: 0, start: false, stop: false });
      return;
    }
    const [begin, end] = box[loop.axis];
    for (let at = begin; at < end; at += loop.step)
      visit(depth + 1, { ...box, [loop.axis]: [at, Math.min(at + loop.step, end)] satisfies Range });
  };
  visit(0, { m: [0, product.m], n: [0, product.n], k: [0, product.k] });
  requireWholePasses(passes, nest.group ?? product.k, tile.k);
  markGroups(passes, nest.group ?? product.k, nest.banks ?? everyBank(product, tile));
  return passes;
}

/** @throws UserError for more passes than are judged. */
export function refuseTooMany(passes: number): void {
  if (passes <= MAX_PASSES) return;
  throw new UserError(
    `The tiling has ${passes} passes, more than the ${MAX_PASSES} that are checked: take larger tiles, or check a smaller product of a few blocks; a tiling repeats.`,
  );
}

/** Turns of the innermost of nested loops, outermost step first. */
function leaves(extent: number, [step, ...inner]: readonly number[]): number {
  if (step === undefined || extent === 0) return Math.min(extent, 1);
  return Math.floor(extent / step) * leaves(step, inner) + leaves(extent % step, inner);
}

/** A tile's K as passes: with double-row one of an even extent; an odd one is plain, of at most 128 rows each (docs/numerics.md). */
function* cutK([begin, end]: Range, doubleRow: boolean): Generator<Pick<TilePass, 'k' | 'doubleRow'>> {
  if (doubleRow && (end - begin) % 2 === 0) {
    yield { k: [begin, end], doubleRow: true };
    return;
  }
  const most = doubleRow ? 128 : end - begin;
  for (let at = begin; at < end; at += most) yield { k: [at, Math.min(at + most, end)] };
}

/** The first bank of each place that a full tile can have. */
function everyBank({ chip }: Product, tile: Readonly<Record<Axis, number>>): readonly number[] {
  const { banks, bankBytes } = CHIPS[chip].psum;
  const each = banksOf({ m: [0, tile.m], n: [0, tile.n] }, bankBytes);
  return Array.from({ length: Math.max(1, Math.floor(banks / each)) }, (_, index) => index * each);
}

/** @throws UserError where a group would end within a pass. */
function requireWholePasses(passes: readonly TilePass[], group: number, step: number): void {
  const cut = passes.find(({ k }) => Math.floor(k[0] / group) !== Math.floor((k[1] - 1) / group));
  if (cut === undefined) return;
  throw new UserError(
    `tiling.group must end where passes end: groups of ${group} indices of K cut through the pass of k ${rangeText(cut.k)}. Take a multiple of tile.k = ${step}, received ${group}.`,
  );
}

/** A tile's group goes on while its passes lie in one stretch of K; each group takes the next bank in turn. */
function markGroups(passes: readonly Writable[], extent: number, banks: readonly number[]): void {
  const latest = new Map<string, { readonly pass: Writable; readonly group: number }>();
  let turn = 0;
  for (const pass of passes) {
    const key = areaKey(pass);
    const group = Math.floor(pass.k[0] / extent);
    const before = latest.get(key);
    if (before?.group === group) {
      pass.bank = before.pass.bank;
    } else {
      pass.start = true;
      pass.bank = banks[turn++ % banks.length] ?? 0;
      if (before !== undefined) before.pass.stop = true;
    }
    latest.set(key, { pass, group });
  }
  for (const { pass } of latest.values()) pass.stop = true;
}
