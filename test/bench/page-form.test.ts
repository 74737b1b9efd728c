/** The form: what is typed becomes settings, or a problem at its field. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPE_PAIRS, pairName, selectCases } from '../../bench/cases';
import { draftOf, readDraft, type Draft, type Field } from '../../bench/page/form';
import { CHIP_WORDS, GROUP_WORDS, pairWords } from '../../bench/page/formats';
import { DEFAULTS } from '../../bench/settings';

const read = (change: Partial<Draft>) => readDraft({ ...draftOf(DEFAULTS), ...change });

it('reads the defaults as they are, and counts their cases', () => {
  expect(read({})).toEqual({ settings: DEFAULTS, problems: {}, cases: selectCases().cases.length });
});

it.each([
  ['512x512x512, 1x4096x4096', ['512x512x512', '1x4096x4096']],
  [' 512 × 512 X 512;1*4096*4096 ', ['512x512x512', '1x4096x4096']],
  ['8x8x8 8x8x8\n', ['8x8x8']],
])('takes shapes as people write them: %j', (shapes, wanted) => {
  expect(read({ shapes }).settings?.shapes).toEqual(wanted);
});

it.each<[Field, Partial<Draft>, RegExp]>([
  ['dtypes', { dtypes: [] }, /at least one format/],
  ['groups', { groups: [] }, /at least one group/],
  ['shapes', { shapes: '0x1x1' }, /three integers/],
  ['shapes', { shapes: '<img src=x>' }, /three integers/],
  ['shapes', { shapes: '65537x1x1' }, /65536/],
  ['budgetSeconds', { budgetSeconds: '' }, /1 to 3600/],
  ['budgetSeconds', { budgetSeconds: '-5' }, /1 to 3600/],
  ['budgetSeconds', { budgetSeconds: '1e9' }, /1 to 3600/],
  ['budgetSeconds', { budgetSeconds: 'ten' }, /1 to 3600 seconds; received "ten"/],
  ['seed', { seed: '1.5' }, /integer/],
  ['seed', { seed: '0x' }, /integer .*; received "0x"/],
  ['out', { out: 'float8_e4m3fn', chip: 'trn1' }, /trn1 has no/],
  ['chip', { dtypes: ['fp8e4m3fn'], chip: 'trn1' }, /trn1/],
  ['names', { names: ['no/such/case'] }, /No case is named/],
])('says at %s what is wrong with %j', (field, change, message) => {
  const { settings, problems, cases } = read(change);
  expect(settings).toBeNull();
  expect(cases).toBe(0);
  expect(problems).toEqual({ [field]: expect.stringMatching(message) as string });
});

it('cuts what a problem echoes', () => {
  const { problems } = read({ names: ['x'.repeat(9000)] });
  expect(problems.names?.length).toBeLessThanOrEqual(240);
});

it('never throws, whatever is typed', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (shapes, budgetSeconds, seed) => {
      const { settings, problems } = read({ shapes, budgetSeconds, seed });
      expect(settings === null).toBe(Object.keys(problems).length > 0);
    }),
  );
});

describe('words', () => {
  it('are there for every format, group and chip', () => {
    for (const [a, b] of DTYPE_PAIRS) expect(pairWords(pairName(a, b))).not.toBe('');
    for (const words of [...Object.values(GROUP_WORDS), ...Object.values(CHIP_WORDS)])
      expect(words).not.toMatch(/undefined/);
  });
});
