/** Costs on the page: what they say and assume, what is wrong with each field, and what of the form outlives a timing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costDraft, examplesOf, pricedOf, readCost, type CostEdits } from '../../bench/page/time/cost';
import { CHIP_NAMES, CHIPS } from '../../src/chip';

const TIMED = { timeline: { total: 3.6e6 }, chip: 'trn2', cores: 1, flops: 2e9, hbmBytes: 6e6 } as const;
const GPU = { gpuPeak: '989', gpuBandwidth: '3350', gpuEfficiency: '0.5', gpuPrice: '4' };
const cost = (edits: CostEdits, timed = TIMED) =>
  readCost({ ...costDraft(timed), price: '2', ...edits }, timed);

describe('costs', () => {
  it('are the price times the time: 3.6 ms at $2 an hour', () => {
    const { said, problems } = cost({ per: 'core' });
    expect(problems).toEqual({});
    expect(said?.lines).toEqual([
      '1 core x 1 chip x 1 instance: $2 for 1,000,000 products, one in 3.6 ms, $2 an hour',
    ]);
    expect(said?.assumed.join(' ')).toContain('the price that was given');
  });

  it('say where an example price comes from, until the price is another', () => {
    for (const chip of CHIP_NAMES) {
      for (const { instance, perHour, source } of examplesOf(chip)) {
        expect(pricedOf(chip)).toContain(instance);
        const timed = { ...TIMED, chip };
        const assumed = (price: string): string | undefined =>
          readCost({ ...costDraft(timed), per: instance, price }, timed).said?.assumed.join(' ');
        expect(assumed(String(perHour))).toContain(source);
        expect(assumed(String(perHour + 1))).not.toContain(source);
      }
    }
  });

  it('stand beside a GPU only with all that is assumed of it', () => {
    const { said } = cost(GPU);
    expect(said?.lines.join()).toMatch(/Under all that is assumed below/);
    expect(said?.assumed.join()).toMatch(/each input and output once/);
  });

  it('say of each field what is wrong with it, and nothing else', () => {
    const cases: readonly (readonly [CostEdits, RegExp])[] = [
      [{ price: '' }, /A number is wanted here/],
      [{ price: '-1' }, /received -1/],
      [{ price: '2 USD' }, /received "2 USD"/],
      [{ price: '1e308' }, /received 1e\+308/],
      [{ price: 'Infinity' }, /received Infinity/],
      [{ runs: 'x' }, /received "x"/],
      [{ runs: '0' }, /above 0/],
      [{ runs: '1e308' }, /received 1e\+308/],
      [{ cores: String(CHIPS.trn2.cores + 1) }, /1\.\.8/],
      [{ cores: '1.5' }, /whole number/],
      [{ instances: '1e308' }, /received 1e\+308/],
      [{ scaling: '2' }, /at most 1/],
    ];
    for (const [edits, words] of cases) {
      const { said, problems } = cost(edits);
      expect(said).toBeNull();
      expect(Object.keys(problems)).toEqual(Object.keys(edits));
      expect(Object.values(problems).join()).toMatch(words);
    }
    const chips = cost({ per: 'trn2.3xlarge', chips: '2' }).problems;
    expect(chips).toEqual({ chips: expect.stringMatching(/at most the 1 of trn2.3xlarge/) as string });
  });

  it('say of each field of the GPU what is wrong with it', () => {
    expect(cost({ ...GPU, gpuPrice: '' }).problems).toEqual({
      gpuPrice: expect.stringMatching(/give all four, or none/) as string,
    });
    for (const field of Object.keys(GPU)) {
      for (const value of ['0', '-1', 'x', '1e308', 'NaN']) {
        expect(Object.keys(cost({ ...GPU, [field]: value }).problems), `${field} ${value}`).toEqual([field]);
      }
    }
  });

  it('have numbers only, whatever the form says, or a problem', () => {
    const text = fc.oneof(
      fc.double().map(String),
      fc.integer({ min: 1, max: 8 }).map(String),
      fc.string({ maxLength: 8 }),
    );
    const names = Object.keys(costDraft(TIMED)).filter((field) => field !== 'per' && field !== 'unit');
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), text), (edits) => {
        const { said, problems } = cost(edits);
        expect(said === null).toBe(Object.keys(problems).length > 0);
        expect(said?.lines.join() ?? '').not.toMatch(/NaN|Infinity|∞/);
        if (said) expect(said.assumed.length).toBeGreaterThan(0);
      }),
    );
  });

  it('are not told of what does nothing, by whatever field', () => {
    const nothing = { ...TIMED, timeline: { total: 0 }, flops: 0, hbmBytes: 0 };
    const { said, problems, unpriced } = readCost({ ...costDraft(nothing), price: '2' }, nothing);
    expect({ said, problems }).toEqual({ said: null, problems: {} });
    expect(unpriced).toMatch(/Time of a run, in ns, must be a number above 0/);
  });
});

describe('what was typed', () => {
  it('stays for the next timing; what was not typed follows it', () => {
    const edits = { price: '3', runs: '0.5' };
    expect(costDraft({ chip: 'trn2', cores: 1 }, edits)).toMatchObject({ ...edits, cores: '1', per: 'chip' });
    expect(costDraft({ chip: 'trn2', cores: 4 }, edits)).toMatchObject({ ...edits, cores: '4' });
    expect(costDraft({ chip: 'trn2', cores: 4 }, { cores: '2' }).cores).toBe('2');
  });

  it('of an instance is for its chip alone', () => {
    const edits = { price: '21.5', per: 'trn1.32xlarge' };
    expect(costDraft({ chip: 'trn1', cores: 1 }, edits)).toMatchObject(edits);
    expect(costDraft({ chip: 'trn2', cores: 1 }, edits)).toMatchObject({ price: '', per: 'chip' });
  });
});
