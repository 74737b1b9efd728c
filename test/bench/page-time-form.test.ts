/** What is timed on the page: the form and its problems, links there and back and whatever a stranger writes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKernelLink, isSectionLink, isTimeLink } from '../../bench/page/link';
import { handOver, onHandOver, takePrograms } from '../../bench/page/time/hand-over';
import { readTimeLink, writeTimeLink } from '../../bench/page/time/link';
import { edited, FIRST_FORM, picked } from '../../bench/page/time/picking';
import {
  choiceOf,
  draftFor,
  FIRST,
  MATMUL,
  PROGRAM,
  readTimeDraft,
  SUBJECTS,
  type TimeDraft,
} from '../../bench/page/time/settings';
import { LIBRARY } from '../../src/kernels/library';
import { UserError } from '../../src/numerics';

const read = (change: Partial<TimeDraft>) => readTimeDraft({ ...FIRST, ...change });

describe('the form', () => {
  it('can time what it begins with, and every kernel of the library as it is', () => {
    for (const subject of SUBJECTS.filter((each) => each !== PROGRAM)) {
      const { request, problems } = readTimeDraft(draftFor(subject, FIRST));
      expect(problems, subject).toEqual({});
      expect(request?.subject.kind).toBe(subject === MATMUL ? 'matmul' : 'kernel');
    }
  });

  it('keeps the chip and the format of the subject before where the next has them', () => {
    const before = { ...FIRST, chip: 'trn3', dtype: 'bfloat16' } as const;
    expect(draftFor('softmax', before)).toMatchObject({ chip: 'trn3', dtype: 'bfloat16' });
    const onlyTrn3 = LIBRARY.find(({ chips }) => chips.length === 1)?.name ?? '';
    expect(draftFor(onlyTrn3, FIRST).chip).toBe(choiceOf(onlyTrn3).chips[0]);
  });

  it.each<[string, Partial<TimeDraft>, RegExp]>([
    ['m', { sizes: { m: '0', n: '1', k: '1' } }, /1 to 65536/],
    ['n', { sizes: { m: '1', n: '', k: '1' } }, /1 to 65536/],
    ['k', { sizes: { m: '1', n: '1', k: '1e3' } }, /1 to 65536/],
    ['k', { sizes: { m: '65536', n: '65536', k: '65536' } }, /passes, more than/],
    ['cores', { cores: '9' }, /1 to 8/],
    ['cores', { cores: '3', chip: 'trn1' }, /1 to 2/],
    ['dtype', { chip: 'trn1', dtype: 'float8_e4m3fn' }, /trn1 does not multiply it/],
    ['subject', { subject: PROGRAM }, /Choose a file/],
  ])('says at %s what is wrong with %j', (field, change, words) => {
    const { request, problems } = read(change);
    expect(request).toBeNull();
    expect(problems[field]).toMatch(words);
  });

  it('asks for multiples where the kernel does', () => {
    const [entry] = LIBRARY.filter(({ sizes }) => Object.values(sizes).some(({ step = 1 }) => step > 1));
    const [name, size] = Object.entries(entry?.sizes ?? {}).find(([, { step = 1 }]) => step > 1) ?? [];
    const draft = draftFor(entry?.name ?? '');
    const odd = { ...draft, sizes: { ...draft.sizes, [name ?? '']: String((size?.default ?? 0) + 1) } };
    expect(readTimeDraft(odd).problems[name ?? '']).toContain(`a multiple of ${size?.step}`);
  });

  it('times a Program that was given', () => {
    const given = { name: 'mine', text: 'program trn2\n' };
    const { request } = readTimeDraft(draftFor(PROGRAM, FIRST), given);
    expect(request?.subject).toEqual({ kind: 'program', ...given });
  });
});

describe('turns of loops', () => {
  const given = { name: 'a file', text: '{}' };
  const read = (turns: string) => readTimeDraft({ ...draftFor(PROGRAM), turns }, given);

  it('are of a Program, by the ids of its loops', () => {
    expect(read('').request?.turns).toEqual({});
    expect(read(' loop0=16, loop1=4').request?.turns).toEqual({ loop0: 16, loop1: 4 });
    expect(Object.entries(read('__proto__=3').request?.turns ?? {})).toEqual([['__proto__', 3]]);
    expect(readTimeDraft({ ...FIRST, turns: 'nonsense' }).request?.turns).toEqual({});
  });

  it.each(['loop0', 'loop0=', '=4', 'loop0=-1', 'loop0=1.5', 'loop0=1 loop0=2', 'a b=1'])(
    '%j is told',
    (text) => {
      const { request, problems } = read(text);
      expect(request).toBeNull();
      expect(Object.keys(problems)).toEqual(['turns']);
    },
  );
});

describe('picking one subject after the other', () => {
  const onlyTrn3 = LIBRARY.find(({ chips }) => chips.length === 1)?.name ?? '';

  it('keeps the sizes of each', () => {
    const sizes = { ...draftFor('softmax').sizes, rows: '4096' };
    const away = picked(edited(picked(FIRST_FORM, 'softmax'), { sizes }), 'rmsnorm');
    expect(away.draft).toEqual(draftFor('rmsnorm', FIRST));
    expect(picked(away, 'softmax').draft.sizes).toEqual(sizes);
    expect(picked(picked(away, PROGRAM), 'softmax').draft.sizes).toEqual(sizes);
  });

  it('gives back the chip and the format that the user chose, once they can be had', () => {
    const chosen = edited(picked(FIRST_FORM, 'softmax'), { chip: 'trn1', dtype: 'float32' });
    const lacking = picked(chosen, onlyTrn3);
    expect(lacking.draft.chip).toBe('trn3');
    expect(picked(lacking, 'softmax').draft).toEqual(chosen.draft);
    expect(picked(picked(FIRST_FORM, onlyTrn3), MATMUL).draft).toEqual(FIRST);
    // A choice made meanwhile is a choice too.
    const other = edited(lacking, { chip: 'trn3' });
    expect(picked(other, 'softmax').draft).toMatchObject({ chip: 'trn3', dtype: 'float32' });
  });
});

const draft: fc.Arbitrary<TimeDraft> = fc
  .constantFrom(...SUBJECTS.filter((each) => each !== PROGRAM))
  .chain((subject) => {
    const { sizes, dtypes, chips } = choiceOf(subject);
    const drawn = Object.fromEntries(
      Object.entries(sizes).map(([name, { least, most, step = 1 }]) => [
        name,
        fc
          .integer({ min: Math.ceil(least / step), max: Math.floor(Math.min(most, 2048) / step) })
          .map((value) => String(value * step)),
      ]),
    );
    return fc.record({
      subject: fc.constant(subject),
      sizes: fc.record(drawn),
      dtype: fc.constantFrom(...dtypes),
      chip: fc.constantFrom(...chips),
      schedule: fc.boolean(),
      cores: fc.constantFrom('1', '2'),
      turns: fc.constant(''),
    });
  })
  .filter((each) => readTimeDraft(each).request !== null);

describe('links', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(draft, (written) => {
        const link = writeTimeLink(written);
        expect(isTimeLink(`#${link}`)).toBe(true);
        expect(isSectionLink(link)).toBe(true);
        expect(isKernelLink(link)).toBe(false);
        expect(readTimeLink(link)).toEqual(written);
      }),
    );
  });

  it.each([
    ['time=', /What is timed is one of/],
    ['time=program', /What is timed is one of/],
    ['time=softmax&time=rmsnorm', /twice/],
    ['time=softmax&rows=0', /rows: A whole number of 1 to 8192/],
    ['time=softmax&m=1', /unknown setting/],
    ['time=softmax&__proto__=1', /unknown setting/],
    ['time=softmax&dtype=fp7', /fp7/],
    ['time=softmax&chip=trn9', /The chip is one of/],
    ['time=softmax&cores=99', /cores/],
    ['time=softmax&schedule=1', /schedule is one of on, off/],
    [`time=${'x'.repeat(3000)}`, /at most 2000 are read/],
  ])('%s is refused', (link, words) => {
    expect(() => readTimeLink(link)).toThrow(UserError);
    expect(() => readTimeLink(link)).toThrow(words);
  });

  it('of strangers give what can be timed, or a reason', () => {
    const part = fc.tuple(
      fc.oneof(fc.constantFrom('rows', 'columns', 'dtype', 'chip', 'cores', 'schedule'), fc.string()),
      fc.oneof(fc.constantFrom('1', '128', 'bf16', 'trn1', 'off', '-1', 'NaN'), fc.string()),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        let read: TimeDraft;
        try {
          read = readTimeLink(`time=softmax&${new URLSearchParams(parts).toString()}`);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          return;
        }
        expect(readTimeDraft(read).request).not.toBeNull();
      }),
    );
  });

  it('hold no Program', () => {
    expect(() => writeTimeLink(draftFor(PROGRAM))).toThrow(/does not hold a Program/);
  });
});

describe('a Program of the editor', () => {
  it('waits for the form, and then goes to it at once; the section is opened each time', () => {
    const opened: string[] = [];
    const taken: string[] = [];
    const close = onHandOver(() => opened.push('open'));
    handOver({ name: 'first', text: '' });
    expect(taken).toEqual([]);
    const leave = takePrograms(({ name }) => taken.push(name));
    expect(taken).toEqual(['first']);
    handOver({ name: 'second', text: '' });
    expect(taken).toEqual(['first', 'second']);
    expect(opened).toEqual(['open', 'open']);
    leave();
    close();
    handOver({ name: 'third', text: '' });
    takePrograms(({ name }) => taken.push(name))();
    expect(taken).toEqual(['first', 'second', 'third']);
    expect(opened).toHaveLength(2);
  });
});
