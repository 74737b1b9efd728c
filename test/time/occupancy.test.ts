/** What is in SBUF and PSUM over time, on timelines made by hand, and against a plain sum over all versions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import { aliveAt, bytesAt, occupancyOf, valueAt, type Occupancy } from '../../src/time/occupancy';
import { timelineOf, type Ran } from './timelines';

const TENSORS = `program trn2
hbm x bfloat16 [128, 512] input
sbuf a bfloat16 partitions 0:128 elements 512 address 0
sbuf b bfloat16 partitions 0:64 elements 256 address 1024
sbuf c bfloat16 partitions 64:64 elements 512 address 1024
psum p float32 partitions 0:128 elements 512 bank 0
psum q float32 partitions 0:128 elements 1024 bank 2
psum r float32 partitions 0:64 elements 8 bank 7
psum s float32 partitions 64:64 elements 8 bank 7
`;
const fill = (id: string, tensor: string, partitions: string, count: number) =>
  `${id} gpsimd memset ${tensor} ${partitions} [1,${count}] = code 16256\n`;
const copy = (id: string, to: string, from: string, partitions: string, count: number) =>
  `${id} vector tensor_copy ${to} ${partitions} [1,${count}] = src ${from} ${partitions} [1,${count}]\n`;

const versions = ({ tensors, tensor, version, from, to }: Occupancy) =>
  [...tensor].map((which, life) => [tensors[which]?.name, version[life], from[life], to[life]]);

describe('versions', () => {
  test('go from the first write to the end of the last use', () => {
    const text = TENSORS + fill('w', 'a', 'p0:128', 512) + copy('u', 'c', 'a', 'p64:64', 512);
    const occupancy = occupancyOf(
      timelineOf(text, [
        { start: 10, end: 20 },
        { start: 30, end: 50 },
      ]),
    );
    expect(versions(occupancy)).toEqual([
      ['a', 0, 10, 50],
      ['c', 0, 30, 50],
    ]);
    expect([...occupancy.sbuf.times]).toEqual([10, 30, 50]);
    expect([...occupancy.sbuf.values]).toEqual([1024, 2048, 0]);
  });

  test('of a DMA begin with its first byte', () => {
    const text = `${TENSORS}l dma dma_copy a p0:128 [1,512] = src x [512,128][1,512]\n`;
    const occupancy = occupancyOf(timelineOf(text, [{ start: 0, moving: 900, end: 2000 }]));
    expect(versions(occupancy)).toEqual([['a', 0, 900, 2000]]);
  });

  test('begin anew with a write of all of the tensor', () => {
    const text =
      TENSORS +
      ['w0', 'w1'].map((id) => fill(id, 'b', 'p0:64', 256) + copy(`${id}u`, 'b', 'b', 'p0:64', 256)).join('');
    const occupancy = occupancyOf(
      timelineOf(text, [
        { start: 0, end: 10 },
        { start: 10, end: 20 },
        { start: 40, end: 50 },
        { start: 50, end: 60 },
      ]),
    );
    expect(versions(occupancy)).toEqual([
      ['b', 0, 0, 20],
      ['b', 1, 40, 60],
    ]);
    expect([...occupancy.sbuf.times]).toEqual([0, 20, 40, 60]);
    expect([...occupancy.sbuf.values]).toEqual([512, 0, 512, 0]);
  });

  test('go on through a write of a part, and through one that adds', () => {
    const part =
      TENSORS + fill('w0', 'b', 'p0:64', 256) + fill('w1', 'b', 'p0:64', 128) + fill('w2', 'b', 'p0:32', 256);
    const times: Ran[] = [0, 10, 20].map((start) => ({ start, end: start + 5 }));
    expect(versions(occupancyOf(timelineOf(part, times)))).toEqual([['b', 0, 0, 25]]);
    const matmul = (id: string, accumulate: boolean) =>
      `${id} tensor nc_matmul p p0:128 [1,512] = stationary a p0:128 [1,128], moving a p0:128 [1,512], accumulate ${String(accumulate)}, performance none\n`;
    const sums = TENSORS + matmul('m0', false) + matmul('m1', true) + matmul('m2', false);
    const occupancy = occupancyOf(timelineOf(sums, times));
    expect(versions(occupancy).filter(([name]) => name === 'p')).toEqual([
      ['p', 0, 0, 15],
      ['p', 1, 20, 25],
    ]);
  });

  test('end when the next begins', () => {
    const text = TENSORS + fill('w0', 'b', 'p0:64', 256) + fill('w1', 'b', 'p0:64', 256);
    const occupancy = occupancyOf(
      timelineOf(text, [
        { start: 0, end: 30 },
        { start: 10, end: 40 },
      ]),
    );
    expect(versions(occupancy)).toEqual([
      ['b', 0, 0, 10],
      ['b', 1, 10, 40],
    ]);
    expect([...occupancy.sbuf.values]).toEqual([512, 0]);
  });
});

describe('use', () => {
  test('of SBUF is that of the fullest partition', () => {
    const text = TENSORS + fill('b', 'b', 'p0:64', 256) + fill('c', 'c', 'p64:64', 512);
    const { sbuf } = occupancyOf(
      timelineOf(text, [
        { start: 0, end: 100 },
        { start: 10, end: 50 },
      ]),
    );
    expect([...sbuf.times]).toEqual([0, 10, 50, 100]);
    expect([...sbuf.values]).toEqual([512, 1024, 512, 0]);
    expect([-1, 0, 9.5, 10, 49, 99, 100, 1e9].map((time) => valueAt(sbuf, time))).toEqual([
      0, 512, 512, 1024, 1024, 512, 0, 0,
    ]);
  });

  test('of PSUM is its banks, each once', () => {
    const text =
      TENSORS + fill('q', 'q', 'p0:128', 1024) + fill('r', 'r', 'p0:64', 8) + fill('s', 's', 'p64:64', 8);
    const { psum } = occupancyOf(
      timelineOf(text, [
        { start: 0, end: 100 },
        { start: 10, end: 50 },
        { start: 20, end: 60 },
      ]),
    );
    expect([...psum.times]).toEqual([0, 10, 60, 100]);
    expect([...psum.values]).toEqual([2, 3, 2, 0]);
  });

  test('of nothing is nothing', () => {
    const occupancy = occupancyOf(timelineOf('program trn2\n', []));
    expect(occupancy.sbuf.times.length).toBe(0);
    expect(valueAt(occupancy.sbuf, 5)).toBe(0);
    expect(aliveAt(occupancy, 0)).toEqual([]);
  });
});

test('places are bytes of a partition', () => {
  const { tensors } = timelineOf(TENSORS, []).program;
  const places = tensors.flatMap((tensor) =>
    tensor.space === 'hbm' ? [] : [[tensor.name, ...Object.values(bytesAt(tensor, CHIPS.trn2))]],
  );
  expect(places.slice(0, 5)).toEqual([
    ['a', 0, 1024],
    ['b', 1024, 1536],
    ['c', 1024, 2048],
    ['p', 0, 2048],
    ['q', 4096, 8192],
  ]);
});

test('whoever asks at a time is told of all that is there then, and the steps are their sum', () => {
  const names = ['a', 'b', 'p', 'q'] as const;
  const sizes = { a: ['p0:128', 512], b: ['p0:64', 256], p: ['p0:128', 512], q: ['p0:128', 1024] } as const;
  const bytes = { a: 1024, b: 512, p: 0, q: 0 };
  const banks = { a: 0, b: 0, p: 1, q: 2 };
  const write = fc.record({ name: fc.constantFrom(...names), start: fc.nat(200), length: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 24 }), (writes) => {
      const text =
        TENSORS + writes.map(({ name }, at) => fill(`w${at}`, name, sizes[name][0], sizes[name][1])).join('');
      const occupancy = occupancyOf(
        timelineOf(
          text,
          writes.map(({ start, length }) => ({ start, end: start + length })),
        ),
      );
      const { tensors, tensor, from, to, sbuf, psum } = occupancy;
      for (let time = -1; time <= 262; time++) {
        const alive = aliveAt(occupancy, time);
        const plain = [...from.keys()].filter((life) => (from[life] ?? 0) <= time && (to[life] ?? 0) > time);
        expect(alive).toEqual(plain);
        const there = alive.map((life) => tensors[tensor[life] ?? 0]?.name ?? '');
        const sum = (of: Readonly<Record<string, number>>) =>
          there.reduce((total, name) => total + (of[name] ?? 0), 0);
        expect(valueAt(sbuf, time)).toBe(sum(bytes));
        expect(valueAt(psum, time)).toBe(sum(banks));
      }
    }),
    { numRuns: 60 },
  );
});
