/** Primitives that values steer: gathering, scattering, order. */
import { ARITHMETIC } from '../../isa/alu';
import { codeArray, encodeArray, type CodeArray } from '../../numerics';
import type { OpOf, Outside } from '../graph';
import { floatsOf, integersOf, isWide, type Values } from './values';
import { WRAPPED } from './reduce';

/** Codes, and whether an index lay outside where that is a fault. */
export interface Indexed {
  readonly codes: CodeArray;
  readonly faulty: boolean;
}

/** Calls back with the place of each index and the row that it chooses, -1 where none. Gives whether one lay outside. */
function choose(
  index: Values,
  [outer, size, count]: readonly [number, number, number],
  outside: Outside,
  visit: (block: number, i: number, row: number) => void,
): boolean {
  const rows = integersOf('int32', index.codes);
  const shared = index.shape[0] === 1;
  let faulty = false;
  for (let block = 0; block < outer; block++) {
    for (let i = 0; i < count; i++) {
      const row = rows[(shared ? 0 : block * count) + i] ?? 0;
      const inside = row >= 0 && row < size;
      if (!inside && outside === 'fault') faulty = true;
      if (inside) visit(block, i, row);
      else if (outside === 'clamp' && size > 0) visit(block, i, row < 0 ? 0 : size - 1);
      else visit(block, i, -1);
    }
  }
  return faulty;
}

/** Elements of what is outside, or of nothing, are 0. */
export function gathered(data: Values, index: Values, { outside }: OpOf<'gather'>): Indexed {
  const [outer = 0, size = 0, inner = 0] = data.shape;
  const count = index.shape[1] ?? 0;
  const codes = codeArray(data.dtype, outer * count * inner);
  const faulty = choose(index, [outer, size, count], outside, (block, i, row) => {
    if (row < 0) return;
    const from = (block * size + row) * inner;
    codes.set(data.codes.subarray(from, from + inner), (block * count + i) * inner);
  });
  return { codes, faulty };
}

export function scattered(
  base: Values,
  index: Values,
  updates: Values,
  { combine, outside }: OpOf<'scatter'>,
): Indexed {
  const [outer = 0, size = 0, inner = 0] = base.shape;
  const count = index.shape[1] ?? 0;
  const each = (join: (to: number, from: number) => void): boolean =>
    choose(index, [outer, size, count], outside, (block, i, row) => {
      if (row < 0) return;
      const to = (block * size + row) * inner;
      const from = (block * count + i) * inner;
      for (let k = 0; k < inner; k++) join(to + k, from + k);
    });
  if (combine === 'set') {
    const codes = base.codes.slice();
    const faulty = each((to, from) => (codes[to] = updates.codes[from] ?? 0));
    return { codes, faulty };
  }
  const { dtype } = base;
  const [totals, added] = isWide(dtype)
    ? [integersOf(dtype, base.codes.slice()), integersOf(dtype, updates.codes)]
    : [floatsOf(base), floatsOf(updates)];
  const join = isWide(dtype) && combine === 'add' ? WRAPPED[dtype].add : ARITHMETIC[combine];
  const touched = new Uint8Array(totals.length);
  const faulty = each((to, from) => {
    totals[to] = join(totals[to] ?? 0, added[from] ?? 0);
    touched[to] = 1;
  });
  if (!(totals instanceof Float32Array)) return { codes: new Uint32Array(totals.buffer), faulty };
  const joined = encodeArray(dtype, totals);
  return { codes: joined.map((code, i) => (touched[i] === 1 ? code : (base.codes[i] ?? 0))), faulty };
}

/** NaN last, equal ones as they stand. */
export function sortedPlaces(x: Values, { descending }: OpOf<'argsort'>): CodeArray {
  const numbers = numbersToOrder(x);
  const count = x.shape.at(-1) ?? 1;
  const result = codeArray('int32', numbers.length);
  for (let row = 0; row < numbers.length; row += count) {
    const compare = (i: number, j: number): number => {
      const [a = 0, b = 0] = [numbers[row + i], numbers[row + j]];
      if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
      return descending ? b - a : a - b;
    };
    // Infinities of one sign have no difference; equal ones are told apart by nothing.
    const order = (i: number, j: number): number =>
      numbers[row + i] === numbers[row + j] ? 0 : compare(i, j);
    const places = Array.from({ length: count }, (_, i) => i).sort(order);
    result.set(places, row);
  }
  return result;
}

const numbersToOrder = (x: Values): ArrayLike<number> =>
  isWide(x.dtype) ? integersOf(x.dtype, x.codes) : floatsOf(x);
