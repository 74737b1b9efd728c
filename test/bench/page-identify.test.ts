/** The drop zone and the map of differences, without a browser. */
import { describe, expect, it } from 'vitest';
import { cellCounts } from '../../bench/page/identified';
import { assigned } from '../../bench/page/identify';
import { fileName } from '../../bench/page/share';
import { ADAPTER } from './page-results';

const named = (...names: string[]) => names.map((name) => new File([], name));
const names = (files: ReturnType<typeof assigned>) =>
  Object.fromEntries(Object.entries(files).map(([letter, file]) => [letter, file.name]));

describe('dropped files', () => {
  it('go where their names say, then where there is room', () => {
    expect(names(assigned({}, named('C.npy', 'weights.npy', 'a_values.npy')))).toEqual({
      a: 'a_values.npy',
      b: 'weights.npy',
      c: 'C.npy',
    });
    expect(names(assigned({}, named('activations.npy', 'bias.npy', 'x.npy', 'y.npy')))).toEqual({
      a: 'activations.npy',
      b: 'bias.npy',
      c: 'x.npy',
    });
  });

  it('replace what has their name', () => {
    const before = assigned({}, named('a.npy'));
    expect(names(assigned(before, named('A2.npy')))).toEqual({ a: 'A2.npy' });
  });
});

describe('the map of differences', () => {
  it('has every difference in its cell', () => {
    const differing = [1, 2, 3, 4, null, 6];
    const tiles = { m: 128, n: 512, rows: 2, columns: 3, differing };
    expect(cellCounts(tiles, 2, 3)).toEqual(differing);
    expect(cellCounts(tiles, 1, 1)).toEqual([16]);
    expect(cellCounts({ ...tiles, differing: [null, 2, 3, null, 0, 1] }, 2, 1)).toEqual([5, 1]);
    expect(cellCounts({ ...tiles, differing: [null, null, null, 0, 0, 0] }, 2, 1)).toEqual([null, 0]);
  });
});

it('files are named by adapter and time, in letters that every system takes', () => {
  const adapter = { ...ADAPTER.adapter, name: '../<b>ANGLE (Intel)/x' };
  expect(fileName({ adapter, started: '2026-01-31T12:03:00.000Z' })).toBe(
    'systole-b-angle-intel-x-2026-01-31t1203',
  );
});
