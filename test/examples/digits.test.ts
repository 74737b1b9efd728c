/** The digits of the examples: what the package has, the split, the order, and the file for a page. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  fetchDigits,
  pickDigits,
  readDigits,
  shuffled,
  SIDE,
  splitDigits,
  writeDigits,
} from '../../examples/digits/data';
import { packageDigits } from '../../examples/digits/package';
import { writeSafetensors } from '../../src/tensor/safetensors';
import { joined } from '../tensor/safetensors/files';

const digits = packageDigits();
const pixels = SIDE * SIDE;
const image = (of: typeof digits, at: number) => of.images.subarray(at * pixels, (at + 1) * pixels);
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const counts = (labels: Uint8Array) =>
  Array.from({ length: 10 }, (_, digit) => labels.filter((each) => each === digit).length);

test('10,000 images of 28 x 28, in all 256 levels', () => {
  expect([digits.count, digits.images.length, digits.labels.length]).toEqual([
    10_000,
    10_000 * pixels,
    10_000,
  ]);
  expect(counts(digits.labels)).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  expect(new Set(digits.images).size).toBe(256);
  // A zero has ink around its middle and little in it.
  const zero = image(digits, 0);
  const ring = zero.reduce((sum, ink) => sum + ink, 0);
  expect(ring / pixels).toBeGreaterThan(20);
  expect(zero[14 * SIDE + 14]).toBe(0);
});

test('the split is the same always, without an image on both sides', () => {
  const { train, heldOut } = splitDigits(digits);
  expect([train.count, heldOut.count]).toEqual([8000, 2000]);
  const both = counts(train.labels).map((count, digit) => count + (counts(heldOut.labels)[digit] ?? NaN));
  expect(both).toEqual(counts(digits.labels));
  const places = shuffled(10_000, 0);
  expect(new Set(places).size).toBe(10_000);
  for (const at of [0, 7999]) expect(image(train, at)).toEqual(image(digits, places[at] ?? NaN));
  expect(image(heldOut, 1999)).toEqual(image(digits, places[9999] ?? NaN));
  expect(digest(train.labels)).toBe('28f851b9e9f2f494a0548535980090127de408a88ec8297775457137937d2092');
  // Every class is on both sides, near its share: five deviations of a draw of 2,000 of 10,000.
  for (const [digit, count] of counts(heldOut.labels).entries()) {
    const share = (both[digit] ?? NaN) / 10_000;
    expect(Math.abs(count - 2000 * share)).toBeLessThan(5 * Math.sqrt(2000 * share * (1 - share) * 0.8));
  }
});

test('an order is chosen by seed and epoch', () => {
  expect([...shuffled(8, 3)]).toEqual([...shuffled(8, 3, 0)]);
  expect(shuffled(100, 3)).not.toEqual(shuffled(100, 4));
  expect(shuffled(100, 3, 0)).not.toEqual(shuffled(100, 3, 1));
  expect([...shuffled(100, 3, 1)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at));
  expect([...shuffled(1, 3), ...shuffled(0, 3)]).toEqual([0]);
  // Of three, each of the six orders about as often: five deviations of 6,000 draws.
  const seen = new Map<string, number>();
  for (let epoch = 0; epoch < 6000; epoch++) {
    const order = shuffled(3, 9, epoch).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  expect(seen.size).toBe(6);
  for (const count of seen.values())
    expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt((6000 * 5) / 36));
});

test('the file of a page gives the same digits, and another file is refused', async () => {
  const few = pickDigits(digits, Uint32Array.of(1, 5000, 9999));
  const bytes = await joined(writeDigits(few));
  expect(await readDigits(bytes)).toEqual(few);
  expect(
    await fetchDigits(`data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`),
  ).toEqual(few);
  await expect(readDigits(await joined(writeSafetensors([])))).rejects.toThrow('no tensor "images"');
  const other = { ...few, labels: Uint8Array.of(1, 2, 10) };
  await expect(readDigits(await joined(writeDigits(other)))).rejects.toThrow('one of them 10');
  await expect(
    readDigits(
      await joined(
        writeDigits({
          ...few,
          count: 2,
          labels: few.labels.subarray(1),
          images: few.images.subarray(pixels),
        }),
      ),
    ),
  ).resolves.toMatchObject({ count: 2 });
});
