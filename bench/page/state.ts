/**
 * All that the page knows, and how each action changes it: what the form says, whether a run goes on, and the run that is
 * shown. No clock and no browser in here: actions bring the time.
 */
import type { ReportView } from '../report/html';
import type { ColumnName } from '../report/html';
import { DEFAULTS, type BenchSettings } from '../settings';
import { draftOf, readDraft, type Draft, type Reading } from './form';
import type { FromWorker } from './protocol';
import { endRun, newRun, tell, type Ending, type Run } from './run-view';

/** `queued` waits for the run of another tab. */
export type Phase = 'idle' | 'queued' | 'running' | 'stopping';

export interface PageState {
  readonly phase: Phase;
  readonly draft: Draft;
  readonly reading: Reading;
  /** What of a link was refused. */
  readonly linkProblems: readonly string[];
  /** What keeps a run from starting, and what to do. */
  readonly refusal: string;
  readonly run: Run | null;
  /** The run shown before, which comes back where the new one does not start. */
  readonly earlier: Run | null;
  /** Column of the table that it is sorted by; null is the order of the run. */
  readonly sorting: { readonly by: ColumnName; readonly descending: boolean } | null;
  /** Of a link that was opened during a run: taken when the run ends. */
  readonly waitingLink: Actions['settings'] | null;
  readonly hidden: boolean;
  readonly storageRefused: boolean;
  /** What the browser calls its adapter, before anything is run on it. */
  readonly adapterName: string;
}

export const INITIAL: PageState = {
  phase: 'idle',
  draft: draftOf(DEFAULTS),
  reading: readDraft(draftOf(DEFAULTS)),
  linkProblems: [],
  refusal: '',
  run: null,
  earlier: null,
  sorting: null,
  waitingLink: null,
  hidden: false,
  storageRefused: false,
  adapterName: '',
};

/** What each action brings. */
export interface Actions {
  edited: { readonly draft: Draft };
  /** Of a link. */
  settings: { readonly settings: BenchSettings; readonly problems: readonly string[] };
  defaults: object;
  /** `at` on the clock of `performance.now()`; `started` is ISO 8601. */
  pressed: { readonly settings: BenchSettings; readonly at: number; readonly started: string };
  queued: object;
  granted: { readonly at: number };
  'left-queue': object;
  stopping: object;
  disturbed: { readonly by: string };
  messages: { readonly messages: readonly FromWorker[]; readonly at: number };
  'broke-off': { readonly ending: 'unanswered' | 'crashed'; readonly message: string };
  restored: { readonly view: ReportView };
  sorted: { readonly by: ColumnName };
  hidden: { readonly hidden: boolean };
  'storage-refused': object;
  adapter: { readonly name: string };
  refusal: { readonly message: string };
}

export type Action = { [Type in keyof Actions]: { readonly type: Type } & Actions[Type] }[keyof Actions];

const REDUCERS: {
  readonly [Type in keyof Actions]: (state: PageState, action: Actions[Type]) => Partial<PageState>;
} = {
  edited: (_, { draft }) => ({ draft, reading: readDraft(draft) }),
  settings: ({ phase }, { settings, problems }) =>
    phase === 'idle' ? taken({ settings, problems }) : { waitingLink: { settings, problems } },
  defaults: () => taken({ settings: DEFAULTS, problems: [] }),
  pressed: ({ run }, { settings, at, started }) => ({
    phase: 'running',
    refusal: '',
    linkProblems: [],
    run: newRun(settings, at, started),
    earlier: run,
  }),
  queued: () => ({ phase: 'queued' }),
  granted: ({ run }, { at }) => ({ phase: 'running', run: run && { ...run, pressedAt: at } }),
  'left-queue': ({ earlier }) => ({ phase: 'idle', run: earlier, earlier: null }),
  stopping: () => ({ phase: 'stopping' }),
  disturbed: ({ run }, { by }) => ({
    run: run && { ...run, view: { ...run.view, disturbances: [by] } },
  }),
  messages: (state, { messages, at }) =>
    messages.reduce((each, message) => ({ ...each, ...told(each, message, at) }), state),
  'broke-off': ({ run }, { ending, message }) => ended(run && endRun(run, ending, message)),
  restored: (_, { view }) => ({
    run: { ...newRun(DEFAULTS, 0, view.started), view, ending: endingOf(view), restored: true },
  }),
  sorted: ({ sorting }, { by }) => ({ sorting: nextSorting(sorting, by) }),
  hidden: (_, { hidden }) => ({ hidden }),
  'storage-refused': () => ({ storageRefused: true }),
  adapter: (_, { name }) => ({ adapterName: name }),
  refusal: (_, { message }) => ({ refusal: message }),
};

export function reduce(state: PageState, action: Action): PageState {
  const reducer = REDUCERS[action.type] as (state: PageState, action: Action) => Partial<PageState>;
  const after = { ...state, ...reducer(state, action) };
  return after.phase === 'idle' && after.waitingLink ? { ...after, ...taken(after.waitingLink) } : after;
}

function taken({ settings, problems }: Actions['settings']): Partial<PageState> {
  const draft = draftOf(settings);
  return { draft, reading: readDraft(draft), linkProblems: problems, waitingLink: null };
}

function told({ run, earlier }: PageState, message: FromWorker, at: number): Partial<PageState> {
  if (run === null) return {};
  if (message.type === 'refused')
    return { phase: 'idle', refusal: message.message, run: earlier, earlier: null };
  const after = tell(run, message, at);
  return after.ending === null ? { run: after } : ended(after);
}

function ended(run: Run | null): Partial<PageState> {
  return { phase: 'idle', run, earlier: null };
}

function endingOf({ outcome }: ReportView): Ending {
  return outcome === 'running' ? 'unanswered' : outcome;
}

/** Largest first, smallest first, as it ran. */
function nextSorting(sorting: PageState['sorting'], by: ColumnName): PageState['sorting'] {
  if (sorting?.by !== by) return { by, descending: true };
  return sorting.descending ? { by, descending: false } : null;
}
