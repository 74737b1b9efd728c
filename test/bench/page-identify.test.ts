/** The drop zone and the map of differences, without a browser. */
import { describe, expect, it } from 'vitest';
import { cellCounts } from '../../bench/page/identified';
import { identifyFiles } from '../../bench/identify';
import { PAGE_CONTROLS } from '../../bench/page/identify-protocol';
import { placed, type Placed } from '../../bench/page/identify-files';
import { fileName } from '../../bench/page/share';
import { ADAPTER } from './page-results';

const named = (...names: string[]) => names.map((name) => new File([], name));
const names = ({ files }: Placed) =>
  Object.fromEntries(Object.entries(files).map(([letter, file]) => [letter, file.name]));

describe('dropped files', () => {
  it('go where their names say, then where there is room', () => {
    expect(names(placed({}, named('C.npy', 'weights.npy', 'a_values.npy')))).toEqual({
      a: 'a_values.npy',
      b: 'weights.npy',
      c: 'C.npy',
    });
    expect(names(placed({}, named('a.npy', 'a2.npy')))).toEqual({ a: 'a.npy', b: 'a2.npy' });
  });

  it('replace what has their name', () => {
    const { files } = placed({}, named('a.npy'));
    expect(names(placed(files, named('A2.npy')))).toEqual({ a: 'A2.npy' });
  });

  it('on a field go to it, whatever their name, and replace what is there', () => {
    const { files } = placed({}, named('a.npy', 'b.npy'));
    const after = placed(files, named('a3.npy'), 'b');
    expect(names(after)).toEqual({ a: 'a.npy', b: 'a3.npy' });
    expect(after.problems).toEqual([]);
    expect(names(placed(files, named('b2.npy', 'c.npy'), 'a'))).toEqual({
      a: 'a.npy',
      b: 'b2.npy',
      c: 'c.npy',
    });
  });

  it('that find no place, or are no matrices, are named', () => {
    const full = placed({}, named('activations.npy', 'bias.npy', 'x.npy', 'y.npy'));
    expect(names(full)).toEqual({ a: 'activations.npy', b: 'bias.npy', c: 'x.npy' });
    expect(full.problems).toEqual(['y.npy found no free field: drop it alone on the one that it is for.']);
    const text = placed(full.files, named('c.txt'), 'c');
    expect(text.files).toEqual(full.files);
    expect(text.problems).toEqual(['c.txt was not taken: .npy or .safetensors is required.']);
    expect(placed({}, []).problems).toEqual(['What was dropped is no file.']);
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

describe('messages on the page', () => {
  const header = (shape: string, descr: string) =>
    `\x93NUMPY\x01\x00\x76\x00${`{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117)}\n`;
  const npy = (name: string, shape: string, bytes: number, descr = '<f4') =>
    new File(
      [Uint8Array.from(header(shape, descr), (each) => each.charCodeAt(0)), new Uint8Array(bytes)],
      name,
    );
  const json = JSON.stringify({
    x: { dtype: 'F32', shape: [1, 1], data_offsets: [0, 4] },
    y: { dtype: 'F32', shape: [1, 1], data_offsets: [4, 8] },
  });
  const several = new File(
    [new BigUint64Array([BigInt(json.length)]), json, new Uint8Array(8)],
    'b.safetensors',
  );
  const c = npy('c.npy', '2, 2', 16);

  it.each([
    [{ a: npy('a.npy', '3, 5', 60), b: npy('b.npy', '7, 2', 56), c }, /“lies as \[K, M\]” at A/],
    [{ a: npy('a.npy', '2, 2', 4, '|V1'), b: c, c }, /this page cannot/],
    [{ a: c, b: several, c }, /the field “tensor”: "x", "y"/],
  ])('speak of its fields, and on the command line of its flags (%#)', async (files, message) => {
    await expect(identifyFiles(files, { controls: PAGE_CONTROLS })).rejects.toThrow(message);
    await expect(identifyFiles(files)).rejects.toThrow(/ --[a-z]/);
  });
});
