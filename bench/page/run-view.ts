/** One run as the page shows it: built up from the worker's messages while it goes on, and a report in the end. */
import { SYSTOLE } from '../environment';
import type { BenchEvent } from '../events';
import type { ReportView } from '../report/html';
import type { Outcome } from '../result';
import type { BenchSettings } from '../settings';
import { writeLink } from './link';
import type { FromWorker } from './protocol';

/** A report in the making: what the worker did not tell yet is null. */
export type RunView = Omit<ReportView, 'adapter' | 'environment' | 'first'> & {
  readonly [Key in 'adapter' | 'environment' | 'first']: ReportView[Key] | null;
};

/** How a run ended; beside the outcomes of a report, what only the page sees: the worker was silent after a stop, or broke. */
export type Ending = Outcome | 'unanswered' | 'crashed';

export interface Run {
  readonly view: RunView;
  /** On the clock of `performance.now()`. */
  readonly pressedAt: number;
  /** Milliseconds from the press until the first product was checked. */
  readonly firstAfterMs: number | null;
  readonly stage: Extract<BenchEvent, { type: 'stage' }> | null;
  /** Null while the run goes on. */
  readonly ending: Ending | null;
  /** What the worker said of the ending. */
  readonly message: string;
  /** Kept from an earlier visit. */
  readonly restored: boolean;
}

/** `started` is ISO 8601. */
export function newRun(settings: BenchSettings, pressedAt: number, started: string): Run {
  const { budgetSeconds, seed } = settings;
  return {
    view: {
      systole: SYSTOLE,
      started,
      environment: null,
      adapter: null,
      probe: null,
      first: null,
      peaks: null,
      baseline: null,
      settings: { budgetSeconds, seed, arguments: [`#${writeLink(settings)}`] },
      outcome: 'running',
      cases: [],
      leftOut: [],
    },
    pressedAt,
    firstAfterMs: null,
    stage: null,
    ending: null,
    message: '',
    restored: false,
  };
}

/** The run once the worker ended it, or was ended. */
export function endRun(run: Run, ending: Ending, message: string): Run {
  return { ...run, view: { ...run.view, outcome: OUTCOMES[ending] }, stage: null, ending, message };
}

const OUTCOMES = {
  complete: 'complete',
  interrupted: 'interrupted',
  'device-lost': 'device-lost',
  failed: 'failed',
  unanswered: 'interrupted',
  crashed: 'failed',
} as const satisfies Record<Ending, Outcome>;

type Told = { readonly [Type in FromWorker['type']]: Extract<FromWorker, { type: Type }> };

const TOLD: { readonly [Type in keyof Told]: (run: Run, message: Told[Type], at: number) => Run } = {
  event: (run, { event }, at) => happened(run, event, at),
  report: (run, { report }) => endRun({ ...run, view: report }, report.outcome, ''),
  stopped: (run, { outcome, message }) => endRun(run, outcome, message),
  refused: (run, { message }) => endRun(run, 'failed', message),
  failed: (run, { message }) => endRun(run, 'failed', message),
};

/** The run after a message that came `at` a time on the clock of `pressedAt`. */
export function tell(run: Run, message: FromWorker, at: number): Run {
  const told = TOLD[message.type] as (run: Run, message: FromWorker, at: number) => Run;
  return told(run, message, at);
}

type Happened = { readonly [Type in BenchEvent['type']]: Extract<BenchEvent, { type: Type }> };

const HAPPENED: {
  readonly [Type in keyof Happened]: (run: Run, event: Happened[Type], at: number) => Partial<Run>;
} = {
  adapter: ({ view }, { adapter, environment }) => ({ view: { ...view, adapter, environment } }),
  probe: ({ view }, { probe }) => ({ view: { ...view, probe } }),
  first: ({ view, pressedAt }, { first }, at) => ({ view: { ...view, first }, firstAfterMs: at - pressedAt }),
  peaks: ({ view }, { peaks }) => ({ view: { ...view, peaks } }),
  stage: (_, event) => ({ stage: event }),
  result: ({ view }, { result }) => ({ view: { ...view, cases: [...view.cases, result] } }),
  'left-out': ({ view }, { leftOut }) => ({ view: { ...view, leftOut: [...view.leftOut, leftOut] } }),
};

function happened(run: Run, event: BenchEvent, at: number): Run {
  const change = HAPPENED[event.type] as (run: Run, event: BenchEvent, at: number) => Partial<Run>;
  return { ...run, ...change(run, event, at) };
}

/** Null until the adapter is known and has multiplied: before that there is nothing to keep. */
export function reportOf({ adapter, environment, first, ...rest }: RunView): ReportView | null {
  return adapter && environment && first && { ...rest, adapter, environment, first };
}
