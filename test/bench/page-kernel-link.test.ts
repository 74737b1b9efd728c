/** Links that hold a kernel: there and back, and everything that a stranger may send instead. */
import fc from 'fast-check';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { words } from '../../bench/check/draws';
import { OWN } from '../../bench/page/kernel/catalogue';
import { LONGEST_LINK, readKernelLink, writeKernelLink } from '../../bench/page/kernel/link';
import { EXECUTOR_NAMES, KERNEL_LIMITS, type KernelSettings } from '../../bench/page/kernel/settings';
import { isKernelLink } from '../../bench/page/link';
import { CHIP_NAMES } from '../../src/chip';
import type { Distribution } from '../../src/kernels/entry';
import { DTYPES } from '../../src/numerics';

const number = fc.double({ min: -1e30, max: 1e30, noNaN: true }).map((value) => value + 0); // JSON has no -0
const distribution: fc.Arbitrary<Distribution> = fc.oneof(
  fc.record({ kind: fc.constant('normal' as const), mean: number, deviation: number }),
  fc
    .tuple(number, number)
    .map(([a, b]): Distribution => ({ kind: 'uniform', low: Math.min(a, b), high: Math.max(a, b) })),
  fc.record({
    kind: fc.constant('integers' as const),
    low: fc.integer({ min: -9, max: 0 }),
    high: fc.nat(99),
  }),
);
const name = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/)
  .filter((text) => !['true', 'false', 'program', 'hbm', 'sbuf', 'psum'].includes(text));
const settings: fc.Arbitrary<KernelSettings> = fc.record({
  source: fc.string({ unit: 'grapheme', maxLength: 2000 }),
  kernel: fc.oneof(fc.constant(''), name),
  chip: fc.constantFrom(...CHIP_NAMES),
  executor: fc.constantFrom(...EXECUTOR_NAMES),
  inputs: fc.uniqueArray(
    fc.record({
      name,
      shape: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
      dtype: fc.constantFrom(...DTYPES),
      distribution,
    }),
    { maxLength: 5, selector: (input) => input.name },
  ),
  seed: fc.nat(KERNEL_LIMITS.seed),
  seconds: fc.integer({ min: 1, max: KERNEL_LIMITS.seconds }),
  budget: fc.integer({ min: 1, max: KERNEL_LIMITS.budget }),
});

test('what was written is read', async () => {
  await fc.assert(
    fc.asyncProperty(settings, async (written) => {
      const link = await writeKernelLink(written);
      expect(link).toMatch(/^kernel=[\w-]*$/);
      expect(isKernelLink(`#${link}`)).toBe(true);
      expect(await readKernelLink(link)).toEqual(written);
    }),
  );
});

const linkOf = (text: string): string => `kernel=${deflateRawSync(text).toString('base64url')}`;
const linked = (changed: object): string => linkOf(JSON.stringify({ ...OWN, ...changed }));
const input = (changed: object): string => linked({ inputs: [{ ...OWN.inputs[0], ...changed }] });

test('each setting is checked, and what is refused is named', async () => {
  const refused: readonly (readonly [link: string, message: RegExp])[] = [
    [linked({ source: 7 }), /The source must be a text; received 7/],
    [linkOf('{}'), /The source must be a text; received nothing/],
    [linked({ source: [] }), /The source must be a text; received a list/],
    [linked({ source: 'x'.repeat(200_001) }), /at most 200000 characters; received 200001/],
    [linked({ source: '\n'.repeat(199_000) }), /The source has at most 20000 lines; received 199001/],
    [linked({ source: '\r\n'.repeat(20_000) }), /The source has at most 20000 lines; received 20001/],
    [linked({ kernel: '<img>' }), /The name of The kernel/],
    [linked({ chip: 'trn9' }), /The chip/],
    [linked({ executor: 'constructor' }), /The executor/],
    [linked({ seed: -1 }), /The seed must be a whole number from 0/],
    [linked({ seconds: 601 }), /time limit in seconds must be a whole number from 1 to 600; received 601/],
    [linked({ budget: 1.5 }), /instruction budget must be a whole number/],
    [linked({ budget: '5' }), /instruction budget must be a whole number/],
    [linked({ inputs: {} }), /The inputs must be a list of at most 16/],
    [linked({ inputs: Array.from({ length: 17 }, () => OWN.inputs[0]) }), /at most 16/],
    [linked({ inputs: [OWN.inputs[0], OWN.inputs[0]] }), /Two inputs are called "a"/],
    [input({ shape: [2 ** 13, 2 ** 13] }), /at most 33554432 elements together; received 67108864/],
    [input({ shape: [] }), /has no dimension/],
    [input({ shape: [0] }), /An extent of "a" must be a whole number from 1/],
    [input({ dtype: '__proto__' }), /The format of "a"/],
    [input({ name: 'x'.repeat(65) }), /An input has a name of/],
    [input({ distribution: { kind: 'uniform', low: 2, high: 1 } }), /go from low to high; received 2 to 1/],
    [input({ distribution: { kind: 'toString' } }), /The values of "a"/],
    [input({ distribution: { kind: 'normal', mean: null, deviation: 1 } }), /mean must be a number/],
    [linkOf('[]'), /must be an object; received a list/],
    [linkOf('null'), /must be an object; received null/],
    [linkOf('{'), /damaged/],
  ];
  for (const [link, message] of refused) await expect(readKernelLink(link), link).rejects.toThrow(message);
});

test('a source of the most lines is read', async () => {
  for (const end of ['\n', '\r', '\r\n']) {
    const source = end.repeat(19_999);
    expect(await readKernelLink(linked({ source }))).toEqual({ ...OWN, source });
  }
});

test('what nests deeply, or has no text, is refused as what it is', async () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000);
  const own = JSON.stringify(OWN);
  const withSeed = (seed: string): string => linkOf(own.replace('"seed":1', `"seed":${seed}`));
  expect(own).toContain('"seed":1');
  const refused: readonly (readonly [link: string, received: string])[] = [
    [linkOf(deep), 'The settings of a kernel must be an object; received a list.'],
    [withSeed(deep), 'The seed must be a whole number from 0 to 4294967295; received a list.'],
    [
      withSeed('{"toString":1,"valueOf":1}'),
      'The seed must be a whole number from 0 to 4294967295; received an object.',
    ],
  ];
  for (const [link, received] of refused) {
    await expect(readKernelLink(link)).rejects.toThrow(`This link does not hold a kernel: ${received}`);
  }
});

test('damage is told as damage', async () => {
  const link = await writeKernelLink(OWN);
  for (const damaged of ['kernel=', 'kernel=!!!', 'kernel=AAAA', link.slice(0, -20), `${link}AAAA%`]) {
    await expect(readKernelLink(damaged), damaged).rejects.toThrow(/damaged/);
  }
});

test('what is too long is refused before it is unfolded, and what unfolds to too much is not', async () => {
  await expect(readKernelLink(`kernel=${'A'.repeat(LONGEST_LINK)}`)).rejects.toThrow(
    /at most 64000 are read/,
  );
  const zeros = linkOf('0'.repeat(40_000_000));
  expect(zeros.length).toBeLessThan(LONGEST_LINK);
  await expect(readKernelLink(zeros)).rejects.toThrow(/unfolds to more than 1048576 bytes/);
  const next = words(1, 0);
  const source = Array.from({ length: 150_000 }, () => String.fromCharCode(33 + (next() % 64))).join('');
  await expect(writeKernelLink({ ...OWN, source })).rejects.toThrow(/more than the 64000 that are read/);
});
