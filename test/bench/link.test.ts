/** Links: what is written is read again, and whatever a stranger writes gives settings within the limits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTYPE_PAIRS, GROUPS, pairName, selectCases } from '../../bench/cases';
import { DEVICES } from '../../bench/device-names';
import { parseLink, writeLink } from '../../bench/page/link';
import {
  checkSettings,
  CHIP_CHOICES,
  DEFAULTS,
  filterOf,
  LAYOUTS,
  LIMITS,
  type BenchSettings,
} from '../../bench/settings';

const settings: fc.Arbitrary<BenchSettings> = fc.record({
  dtypes: fc.subarray(
    DTYPE_PAIRS.map(([a, b]) => pairName(a, b)),
    { minLength: 1 },
  ),
  groups: fc.subarray([...GROUPS]),
  shapes: fc.uniqueArray(
    fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 4096 }))).map((extents) => extents.join('x')),
    { maxLength: 5 },
  ),
  chip: fc.constantFrom(...CHIP_CHOICES),
  out: fc.constantFrom('float32', 'bfloat16', 'float8_e4m3'),
  layout: fc.constantFrom(...LAYOUTS),
  device: fc.constantFrom(...DEVICES),
  budgetSeconds: fc.integer({ min: 1, max: 3600 }),
  seed: fc.maxSafeNat(),
  names: fc.constantFrom([], ['square/256/bf16', 'gpt2/o/m1/fp8e4m3xfp8e5m2']),
});

it('reads what it wrote', () => {
  fc.assert(
    fc.property(settings, (given) => {
      expect(parseLink(`#${writeLink(given)}`)).toEqual({ settings: given, problems: [] });
    }),
  );
});

it('tells a problem once, however often a link has it', () => {
  expect(parseLink('x=1&x=2&seed=1&seed=2&seed=3').problems).toEqual([
    'The link has an unknown setting, "x".',
    'The link gives seed twice; the first is used.',
  ]);
});

it('writes nothing for the defaults', () => {
  expect(writeLink(DEFAULTS)).toBe('');
  expect(parseLink('')).toEqual({ settings: DEFAULTS, problems: [] });
});

describe('a hostile link', () => {
  it.each([
    ['budget=1e9', /The budget is a number written in digits; received "1e9"/],
    ['budget=-5', /The budget is a number/],
    ['budget=999999', /1 to 3600 seconds; received 999999/],
    ['seed=99999999999999999999', /The seed is a number/],
    ['shape=1x2', /MxNxK/],
    ['shape=0x1x1', /MxNxK/],
    ['shape=-1x1x1', /MxNxK/],
    ['shape=99999999x1x1', /1 to 65536/],
    ['shape=65536x65536x1', /268435456 elements/],
    [`shape=${Array.from({ length: 40 }, (_, i) => `${i + 1}x1x1`).join(',')}`, /At most 32 shapes/],
    ['dtype=bf17', /bf17/],
    ['dtype=<script>alert(1)</script>', /script/],
    ['chip=trn9', /one of auto, trn1, trn2, trn3; received "trn9"/],
    ['group=__proto__', /A group is one of/],
    ['__proto__=1', /unknown setting, "__proto__"/],
    ['constructor=1', /unknown setting/],
    ['seed=1&seed=2', /seed twice/],
    ['x'.repeat(30_000), /30000 characters/],
  ])('%s is refused by name, and the default kept', (fragment, problem) => {
    const parsed = parseLink(`#${fragment}`);
    expect(parsed.problems.join(' ')).toMatch(problem);
    expect(parsed.settings).toEqual({ ...DEFAULTS, seed: parsed.settings.seed });
    expect(parsed.problems.every((each) => each.length < 400)).toBe(true);
  });

  it('of any text never throws, and what is left is within the limits', () => {
    const names = ['dtype', 'shape', 'budget', 'seed', 'chip', 'group', 'case', 'layout', 'out', 'x'];
    const fragment = fc
      .array(fc.tuple(fc.constantFrom(...names), fc.oneof(fc.string(), fc.integer().map(String))))
      .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&'));
    fc.assert(
      fc.property(fc.oneof(fragment, fc.string()), (text) => {
        const { settings: found } = parseLink(text);
        expect(checkSettings(found)).toEqual(found);
        expect(found.shapes.length).toBeLessThanOrEqual(LIMITS.shapes);
      }),
    );
  });
});

describe('the filter of settings', () => {
  it('takes own shapes beside the groups that were chosen', () => {
    const filter = filterOf({ ...DEFAULTS, dtypes: ['bf16'], groups: ['gpt2'], shapes: ['3x5x7'] });
    const names = selectCases(filter).cases.map(({ name }) => name);
    expect(names).toContain('shape/3x5x7/bf16');
    expect(names.filter((name) => !name.startsWith('gpt2/'))).toEqual(['shape/3x5x7/bf16']);
  });

  it('leaves out what a chip lacks of all formats, and says when nothing is chosen', () => {
    const { cases, leftOut } = selectCases(filterOf({ ...DEFAULTS, chip: 'trn1' }));
    expect(cases.length).toBeGreaterThan(0);
    expect(leftOut.length).toBeGreaterThan(0);
    expect(() => selectCases(filterOf({ ...DEFAULTS, groups: [] }))).toThrow(/Nothing is chosen/);
    expect(() => filterOf({ ...DEFAULTS, dtypes: [] })).toThrow(/No format/);
  });
});
