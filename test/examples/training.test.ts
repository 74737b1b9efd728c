/** The digits example gives the same losses, to the bit, by definition on the CPU and on every adapter. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pickDigits, splitDigits, type Digits } from '../../examples/digits/data';
import { PRECISIONS, type Precision } from '../../examples/digits/model';
import { packageDigits } from '../../examples/digits/package';
import { train } from '../../examples/digits/train';
import { flatten, openArrays, type Arrays } from '../../src/tensor/array';
import { ADAPTERS, open } from '../execute/webgpu/devices';

const STEPS = 4;
const BATCH = 8;

const split = splitDigits(packageDigits());
const first = (digits: Digits, count: number): Digits =>
  pickDigits(
    digits,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
const [seen, heldOut] = [first(split.train, STEPS * BATCH), first(split.heldOut, 2 * BATCH)];

/** The bits of every loss, the accuracy after the epoch, and the bits of all parameters at the end. */
async function trained(arrays: Arrays, precision: Precision) {
  const events = train({ arrays, train: seen, heldOut, precision, epochs: 1, batch: BATCH });
  const losses: number[] = [];
  let accuracy: number | undefined;
  for (let next = await events.next(); ; next = await events.next()) {
    if (next.done === true) {
      const { arrays: last } = flatten(next.value);
      const codes = await Promise.all(last.map((array) => array.codes()));
      return { losses, accuracy, codes };
    }
    if (next.value.type === 'accuracy') ({ accuracy } = next.value);
    else losses.push(next.value.loss);
  }
}

type Trained = Awaited<ReturnType<typeof trained>>;
const expected = new Map<Precision, Trained>();

beforeAll(async () => {
  using arrays = await openArrays({ executor: 'reference' });
  for (const precision of PRECISIONS) expected.set(precision, await trained(arrays, precision));
}, 120_000);

test('each precision learns in losses of its own', () => {
  const losses = PRECISIONS.map((precision) => expected.get(precision)?.losses ?? []);
  for (const each of losses) {
    expect(each).toHaveLength(STEPS);
    expect(each.every((loss) => loss > 0 && loss < 10)).toBe(true);
  }
  expect(new Set(losses.map(String)).size).toBe(PRECISIONS.length);
});

describe.each(ADAPTERS)('%s', (name) => {
  let opened: { readonly arrays: Arrays; readonly close: () => void } | undefined;
  beforeAll(async () => {
    const host = await open(name);
    opened = {
      arrays: await openArrays({ device: host.device }),
      close: () => {
        host.close();
      },
    };
  });
  afterAll(() => {
    opened?.arrays.close();
    opened?.close();
  });

  test.each(PRECISIONS)(
    '%s: losses, accuracy and parameters of the definition',
    async (precision) => {
      if (opened === undefined) throw new Error('not open yet');
      expect(await trained(opened.arrays, precision)).toEqual(expected.get(precision));
    },
    60_000,
  );
});
