/** The page's state: what messages, presses and faults make of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endRun, reportOf } from '../../bench/page/run-view';
import { INITIAL, reduce, type Action, type PageState } from '../../bench/page/state';
import type { FromWorker } from '../../bench/page/protocol';
import { announcement, firstProductText, settingsText, stageText } from '../../bench/page/words';
import { DEFAULTS } from '../../bench/settings';
import { ADAPTER, caseResult, event, FIRST, report, result } from './page-results';

const PRESSED: Action = {
  type: 'pressed',
  settings: DEFAULTS,
  at: 1000,
  started: '2026-01-31T12:03:00.000Z',
};
const messages = (...all: FromWorker[]): Action => ({ type: 'messages', messages: all, at: 2400 });
const after = (...actions: Action[]): PageState => actions.reduce(reduce, INITIAL);
const GOING = after(PRESSED, messages(event(ADAPTER), event(FIRST), result('square/256/bf16', 1)));

function runOf({ run }: PageState) {
  if (run === null) throw new Error('no run');
  return run;
}

describe('a run', () => {
  it('grows by the messages of its worker', () => {
    const run = runOf(GOING);
    expect(GOING.phase).toBe('running');
    expect(run.view).toMatchObject({ outcome: 'running', adapter: ADAPTER.adapter, peaks: null });
    expect(run.view.cases.map(({ name }) => name)).toEqual(['square/256/bf16']);
    expect(run.firstAfterMs).toBe(1400);
    expect(reportOf(run.view)).not.toBeNull();
  });

  it('has no report before its adapter multiplied', () => {
    expect(reportOf(runOf(after(PRESSED)).view)).toBeNull();
    expect(reportOf(runOf(after(PRESSED, messages(event(ADAPTER)))).view)).toBeNull();
  });

  it('is the report in the end', () => {
    const whole = report([caseResult('a/b/bf16')]);
    const state = reduce(GOING, messages({ type: 'report', report: whole }));
    expect(state.phase).toBe('idle');
    expect(runOf(state)).toMatchObject({ view: whole, ending: 'complete', stage: null });
  });

  it.each([
    [
      'stopped before the first case',
      messages({ type: 'stopped', outcome: 'interrupted', message: 'x' }),
      'interrupted',
      'interrupted',
    ],
    [
      'a lost device',
      messages({ type: 'stopped', outcome: 'device-lost', message: 'x' }),
      'device-lost',
      'device-lost',
    ],
    ['a failure', messages({ type: 'failed', message: 'x' }), 'failed', 'failed'],
    [
      'a silent worker',
      { type: 'broke-off', ending: 'unanswered', message: '' },
      'unanswered',
      'interrupted',
    ],
    ['a broken worker', { type: 'broke-off', ending: 'crashed', message: 'x' }, 'crashed', 'failed'],
  ] as const)('keeps its results after %s', (_, action, ending, outcome) => {
    const state = reduce(GOING, action);
    expect(state.phase).toBe('idle');
    expect(runOf(state)).toMatchObject({ ending, view: { outcome, cases: [{ name: 'square/256/bf16' }] } });
    expect(after(PRESSED, action, PRESSED).phase).toBe('running');
  });

  it('that is refused leaves the one before', () => {
    const state = reduce(reduce(GOING, messages({ type: 'report', report: report([]) })), PRESSED);
    const refused = reduce(state, messages({ type: 'refused', message: 'no adapter: do this' }));
    expect(refused).toMatchObject({ phase: 'idle', refusal: 'no adapter: do this' });
    expect(runOf(refused).ending).toBe('complete');
    expect(reduce(refused, PRESSED).refusal).toBe('');
  });

  it('in line counts from its turn, and leaves the line as it came', () => {
    const queued = after(PRESSED, { type: 'queued' });
    expect(queued.phase).toBe('queued');
    expect(runOf(reduce(queued, { type: 'granted', at: 5000 })).pressedAt).toBe(5000);
    expect(reduce(queued, { type: 'left-queue' })).toMatchObject({ phase: 'idle', run: null });
  });

  it('is the same however its messages are cut into batches', () => {
    const all = [
      event(ADAPTER),
      event(FIRST),
      ...Array.from({ length: 6 }, (_, i) => result(`s/${i}/bf16`, i + 1)),
    ];
    const whole = after(PRESSED, messages(...all));
    fc.assert(
      fc.property(fc.nat(all.length), (at) => {
        expect(after(PRESSED, messages(...all.slice(0, at)), messages(...all.slice(at)))).toEqual(whole);
      }),
    );
  });

  it('does not begin by a message that comes after its end', () => {
    expect(reduce(INITIAL, messages(result('late/1/bf16', 1)))).toEqual(INITIAL);
  });
});

it('a link that is opened during a run is taken when the run ends', () => {
  const settings = { ...DEFAULTS, seed: 7 };
  const link: Action = { type: 'settings', settings, problems: ['one of it'] };
  const opened = reduce(GOING, link);
  expect(opened).toMatchObject({ draft: GOING.draft, linkProblems: [], waitingLink: { settings } });
  const ended = reduce(opened, messages({ type: 'report', report: report([]) }));
  expect(ended).toMatchObject({ reading: { settings }, linkProblems: ['one of it'], waitingLink: null });
  expect(reduce(INITIAL, link)).toMatchObject({ reading: { settings }, waitingLink: null });
});

it('a disturbed run says so until its report does', () => {
  const state = reduce(GOING, { type: 'disturbed', by: 'x' });
  expect(runOf(state).view.disturbances).toEqual(['x']);
});

it('a report of an earlier visit is shown as one', () => {
  const state = after({ type: 'restored', view: report([caseResult('a/b/bf16')]) });
  expect(runOf(state)).toMatchObject({ restored: true, ending: 'complete', firstAfterMs: null });
});

it('a column sorts downward, upward, and not at all', () => {
  const sorted = { type: 'sorted', by: 'gflops' } as const;
  expect(after(sorted).sorting).toEqual({ by: 'gflops', descending: true });
  expect(after(sorted, sorted).sorting).toEqual({ by: 'gflops', descending: false });
  expect(after(sorted, sorted, sorted).sorting).toBeNull();
  expect(after(sorted, { type: 'sorted', by: 'ms' }).sorting).toEqual({ by: 'ms', descending: true });
});

describe('words', () => {
  it('say what was compared of the first product', () => {
    expect(firstProductText(FIRST.first, 1400)).toBe(
      'First product: bf16 256 × 256 × 256, all 65,536 elements bit-equal to the CPU reference, 1.4 s after pressing Run.',
    );
    const wrong = { ...FIRST.first, check: caseResult('x', false).check };
    expect(firstProductText(wrong, 1400)).toContain('WRONG in 1 element');
  });

  it('say what is being done', () => {
    const state = reduce(
      GOING,
      messages(event({ type: 'stage', stage: 'time', name: 'a/b/c', done: 1, total: 10 })),
    );
    expect(stageText(runOf(state))).toBe('timing a/b/c: 1 done, of 10');
    expect(settingsText(INITIAL)).toMatch(/^\d+ cases in 10 formats, as many as fit in 60 s\.$/);
  });

  it('name the setting that is in the way', () => {
    const draft = { ...INITIAL.draft, seed: 'x', dtypes: [] };
    expect(settingsText(reduce(INITIAL, { type: 'edited', draft }))).toBe(
      'To be mended first: Choose at least one format. And 1 setting more.',
    );
  });

  it('are spoken seldom: the first product, every ten cases, the end', () => {
    const run = runOf(GOING);
    const of = (cases: number) => ({
      ...run,
      view: { ...run.view, cases: Array.from({ length: cases }, (_, i) => caseResult(`s/${i}/bf16`)) },
    });
    const spoken = Array.from({ length: 31 }, (_, cases) => announcement('running', of(cases), false));
    expect(new Set(spoken).size).toBe(4);
    expect(announcement('running', run, true)).toContain('hidden');
    expect(announcement('idle', endRun(of(3), 'device-lost', ''), false)).toMatch(/^3 cases, .*lost/);
  });

  it('of a lost device are said once', () => {
    const text = announcement(
      'idle',
      endRun(runOf(GOING), 'device-lost', 'not run: the device was lost (unknown: gone)'),
      false,
    );
    expect(text).toContain('The GPU device was lost (unknown: gone). What was finished');
  });
});
