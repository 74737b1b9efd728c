/** Names of on-chip memory against a plain model, which writes down for each word where it lies and what used the room. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BLOCK,
  contains,
  Names,
  overlap,
  type Rectangle,
} from '../../../../src/execute/webgpu/interpreter/names';

const START = 1000;
const END = START + 40 * BLOCK;
const PARTITIONS = 8;
const HOME = 512;

const rectangles: fc.Arbitrary<Rectangle> = fc
  .tuple(fc.nat(HOME / 4 - 2), fc.integer({ min: 1, max: 60 }), fc.nat(PARTITIONS - 1), fc.nat(PARTITIONS))
  .map(([word, words, partition, more]) => ({
    low: word * 4,
    high: Math.min(HOME, (word + words) * 4),
    partition,
    partitions: Math.max(1, Math.min(PARTITIONS - partition, more)),
  }));

type Step = { readonly kind: 'rename' | 'forget'; readonly of: Rectangle } | { readonly kind: 'renew' };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: rectangles.map((of): Step => ({ kind: 'rename', of })) },
    { weight: 2, arbitrary: rectangles.map((of): Step => ({ kind: 'forget', of })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'renew' }) },
  ),
  { minLength: 10, maxLength: 60 },
);

/** Every word of every partition that a rectangle has. */
function* wordsOf({ low, high, partition, partitions }: Rectangle): Generator<[byte: number, at: number]> {
  for (let at = partition; at < partition + partitions; at++)
    for (let byte = low; byte < high; byte += 4) yield [byte, at];
}

/** Where each word lies, and the blocks of fresh room that were given out since `renew`, or that still hold something. */
class Model {
  readonly shifts = new Map<string, number>();
  readonly used = new Set<number>();

  shiftAt(byte: number, partition: number): number {
    return this.shifts.get(`${byte} ${partition}`) ?? 0;
  }

  holds(): Set<number> {
    const blocks = new Set<number>();
    for (const [key, shift] of this.shifts) {
      blocks.add(Math.floor((Number(key.split(' ')[0]) + shift) / BLOCK));
    }
    return blocks;
  }

  take(rectangle: Rectangle, shift: number): void {
    const blocks = new Set<number>();
    for (const [byte, partition] of wordsOf(rectangle)) {
      blocks.add(Math.floor((byte + shift) / BLOCK));
      this.shifts.set(`${byte} ${partition}`, shift);
    }
    expect([...blocks].filter((block) => this.used.has(block))).toEqual([]);
    for (const block of blocks) this.used.add(block);
  }

  forget(rectangle: Rectangle): void {
    for (const [byte, partition] of wordsOf(rectangle)) this.shifts.delete(`${byte} ${partition}`);
  }

  renew(): void {
    this.used.clear();
    for (const block of this.holds()) this.used.add(block);
  }
}

function replay(names: Names, all: readonly Step[]): { readonly model: Model; readonly given: number } {
  const model = new Model();
  let given = 0;
  for (const step of all) {
    if (step.kind === 'renew') {
      names.renew();
      model.renew();
      continue;
    }
    const met = names.overlapping(step.of);
    if (step.kind === 'forget' || met.length > 0) {
      for (const renamed of met) {
        names.forget(renamed);
        model.forget(renamed);
      }
    } else if (names.rename(step.of)) {
      given++;
      const shift = names.shiftAt(step.of.low, step.of.partition);
      expect(shift % BLOCK).toBe(0);
      expect(step.of.low + shift).toBeGreaterThanOrEqual(START);
      expect(step.of.high + shift).toBeLessThanOrEqual(END);
      model.take(step.of, shift);
    }
  }
  return { model, given };
}

describe('names', () => {
  test('every word lies where the model says, and no room is given twice between two renewals', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const names = new Names(START, END);
        const { model } = replay(names, all);
        expect(names.isEmpty).toBe(model.shifts.size === 0);
        for (let partition = 0; partition < PARTITIONS; partition++)
          for (let byte = 0; byte < HOME; byte += 4)
            if (names.shiftAt(byte, partition) !== model.shiftAt(byte, partition))
              expect.fail(`byte ${byte} of partition ${partition}`);
      }),
    );
  });

  test('the model sees room that is given again too soon', () => {
    class Hasty extends Names {
      override forget(...renamed: Parameters<Names['forget']>): void {
        super.forget(...renamed);
        this.renew();
      }
    }
    const of = { low: 0, high: 4, partition: 0, partitions: 1 };
    const again: readonly Step[] = [
      { kind: 'rename', of },
      { kind: 'forget', of },
      { kind: 'rename', of },
    ];
    expect(replay(new Names(START, END), again).given).toBe(2);
    expect(() => replay(new Hasty(START, END), again)).toThrow();
  });

  test('there is an end to the room, until it is renewed', () => {
    const names = new Names(START, END);
    const of = (low: number): Rectangle => ({ low, high: low + 20 * BLOCK, partition: 0, partitions: 1 });
    expect([0, 1, 2].map((at) => names.rename(of(at * 20 * BLOCK)))).toEqual([true, false, false]);
    for (const renamed of names.overlapping(of(0))) names.forget(renamed);
    expect(names.rename(of(0))).toBe(false);
    names.renew();
    expect(names.rename(of(0))).toBe(true);
    expect(new Names(START, 0).rename(of(0))).toBe(false);
  });

  test('rectangles that touch do not overlap; what contains another overlaps it', () => {
    fc.assert(
      fc.property(rectangles, rectangles, (a, b) => {
        const both = [...wordsOf(a)].some(
          ([byte, at]) =>
            b.low <= byte && byte < b.high && b.partition <= at && at < b.partition + b.partitions,
        );
        expect(overlap(a, b)).toBe(both);
        if (contains(a, b)) expect(overlap(a, b)).toBe(true);
      }),
    );
  });
});
