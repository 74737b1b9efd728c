/** The page: one button that works at once, the settings folded under it, and what the run finds. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { SYSTOLE } from '../environment';
import { DEFAULTS } from '../settings';
import { HowToRead } from '../report/html';
import { CopyLink, showLink } from './copy-link';
import { IdentifySection } from './identify-section';
import { KernelSection } from './kernel-section';
import { writeLink } from './link';
import { Progress } from './progress';
import { Results } from './results';
import { reportOf, type Run } from './run-view';
import { Runner, type RunnerHost } from './runner';
import { SettingsForm } from './settings-form';
import { reduce, type Action, type PageState, type Phase } from './state';
import type { Keeper } from './storage';
import { ThemeSwitch } from './theme';
import { TilingSection } from './tiling-section';
import { TimeSection } from './time-section';
import { TuneSection } from './tune-section';
import { announcement, firstProductText, settingsText } from './words';

interface AppProps {
  readonly initial: PageState;
  readonly keeper: Keeper;
  readonly host: Omit<RunnerHost, 'dispatch'>;
  /** What of the browser the page listens to. */
  readonly listen: (dispatch: (action: Action) => void, runner: Runner) => void;
}

export function App({ initial, keeper, host, listen }: AppProps) {
  const [state, dispatch] = useReducer(reduce, initial);
  const runner = useMemo(() => new Runner({ ...host, dispatch }), []);
  useEffect(() => {
    listen(dispatch, runner);
  }, []);
  const { phase, run, reading, draft, refusal, hidden } = state;
  useKeeping(run, keeper);
  const edit = useCallback((changed: PageState['draft']) => {
    dispatch({ type: 'edited', draft: changed });
  }, []);
  const sort = useCallback((by: NonNullable<PageState['sorting']>['by']) => {
    dispatch({ type: 'sorted', by });
  }, []);
  const reset = useCallback(() => {
    dispatch({ type: 'defaults' });
    showLink(writeLink(DEFAULTS));
  }, []);
  const form = useRef<HTMLFormElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { settings } = reading;
  const unreadable = settings === null;
  useEffect(() => {
    if (unreadable) openSettings(form.current);
  }, [unreadable]);
  const leaving = useRef(false);
  useLayoutEffect(() => {
    // The button that was pressed went away, and the focus with it.
    if (leaving.current && document.activeElement === document.body) button.current?.focus();
    if (phase === 'idle') leaving.current = false;
  }, [phase]);
  const press = (): void => {
    if (phase !== 'idle') return;
    if (settings === null) {
      showProblem(form.current);
      return;
    }
    const link = writeLink(settings);
    keeper.write('settings', link);
    showLink(link);
    void runner.start(settings, () => document.hidden);
  };
  const going = phase !== 'idle';
  const results = run && (run.ending !== null || reportOf(run.view) !== null) && (
    <Results run={run} sorting={state.sorting} onSort={sort} />
  );

  return (
    <>
      <header class="top">
        <a
          class="skip"
          href="#"
          onClick={(event) => {
            event.preventDefault(); // the fragment is for settings
            document.getElementById('main')?.focus();
          }}
        >
          Skip to the benchmark
        </a>
        <div>
          <h1>systole</h1>
          <p>
            bf16 and fp8 matmul on your GPU, as AWS Trainium multiplies: every result checked bit for bit,
            only then timed.
          </p>
        </div>
        <nav aria-label="Page">
          <a href="readme.txt">Readme</a>
          {'peers' in document.documentElement.dataset && <a href="peers.html">Peers</a>}
          {'examples' in document.documentElement.dataset && <a href="examples/index.html">Examples</a>}
          <ThemeSwitch keeper={keeper} />
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        <form
          id="form"
          ref={form}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            press();
          }}
        >
          <div class="actions">
            <button id="run" ref={button} type="submit" class="primary" aria-disabled={going}>
              {BUTTON[phase]}
            </button>
            {going && (
              <button
                id="stop"
                type="button"
                aria-disabled={phase === 'stopping'}
                onClick={() => {
                  leaving.current = true;
                  runner.stop();
                }}
              >
                {phase === 'queued' ? 'Cancel' : 'Stop'}
              </button>
            )}
            <p class="summary">
              {settingsText(state)}
              {state.adapterName !== '' && !going && <small>on {state.adapterName}</small>}
            </p>
          </div>
          <Notices state={state} />
          {state.waitingLink && (
            <p id="waiting-link" class="notice">
              A link was opened: its settings stand in the form when this run ends.
            </p>
          )}
          {phase === 'queued' && (
            <p id="queued" class="notice">
              Another tab of this page is running, a tiling is being checked, a kernel runs or is timed, and
              two would disturb each other’s timings. This one begins when that one ends.{' '}
              <button
                id="run-anyway"
                type="button"
                onClick={() => {
                  leaving.current = true;
                  runner.runAnyway();
                }}
              >
                Run anyway
              </button>
            </p>
          )}
          {useMemo(
            () => (
              <details id="settings">
                <summary>Settings</summary>
                <SettingsForm draft={draft} problems={reading.problems} onEdit={edit} onReset={reset} />
                <CopyLink
                  id="copy-link"
                  what="Link with these settings"
                  of={settings}
                  write={settings && (() => writeLink(settings))}
                />
              </details>
            ),
            [draft, reading],
          )}
        </form>
        {refusal !== '' && (
          <p id="refusal" class="notice bad" role="alert">
            {refusal}
          </p>
        )}
        {run && (phase === 'running' || phase === 'stopping') && (
          <Progress key={run.pressedAt} run={run} stopping={phase === 'stopping'} />
        )}
        {hidden && going && (
          <p id="hidden" class="notice">
            This tab is hidden: timing waits until it is shown again.
          </p>
        )}
        {run && <First run={run} />}
        {results}
        {run === null && (
          <section aria-labelledby="reading-title">
            <h2 id="reading-title">What a number means here</h2>
            <HowToRead />
          </section>
        )}
        <TuneSection />
        <IdentifySection />
        <TilingSection />
        <KernelSection />
        <TimeSection />
      </main>
      <footer>
        systole {SYSTOLE.version} <small>{SYSTOLE.revision}</small>
      </footer>
      <p id="announcement" class="unseen" role="status">
        {announcement(phase, run, hidden)}
      </p>
    </>
  );
}

function First({ run: { view, firstAfterMs } }: { run: Run }) {
  if (view.first === null || firstAfterMs === null) return null;
  return (
    <p id="first" class={view.first.check.passed ? 'first' : 'first bad'}>
      {firstProductText(view.first, firstAfterMs)}
    </p>
  );
}

/** What was refused of a link, and that storage is. */
function Notices({ state: { linkProblems, storageRefused } }: { state: PageState }) {
  return (
    <>
      {linkProblems.length > 0 && (
        <div id="link-problems" class="notice" role="alert">
          <p>Some of the link was refused; the defaults stand in its place.</p>
          <ul>
            {linkProblems.slice(0, SHOWN).map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
            {linkProblems.length > SHOWN && <li>and {linkProblems.length - SHOWN} more</li>}
          </ul>
        </div>
      )}
      {storageRefused && (
        <p id="storage-refused" class="hint">
          The browser did not keep something for this page, so settings and results may last only until it is
          closed.
        </p>
      )}
    </>
  );
}
const SHOWN = 12;

const BUTTON = {
  idle: 'Run benchmark',
  queued: 'Waiting',
  running: 'Running',
  stopping: 'Stopping',
} as const satisfies Record<Phase, string>;

/** A report is kept when its run has ended. */
function useKeeping(run: Run | null, keeper: Keeper): void {
  const ending = run?.ending ?? null;
  useEffect(() => {
    const report = run === null || run.restored || ending === null ? null : reportOf(run.view);
    if (report && report.cases.length > 0) keeper.keepReport(report);
  }, [ending]);
}

function openSettings(form: HTMLFormElement | null): void {
  const settings = form?.querySelector('details');
  if (settings) settings.open = true;
}

/** Opens the settings at the first field that has a problem. */
function showProblem(form: HTMLFormElement | null): void {
  openSettings(form);
  form?.querySelector<HTMLElement>('[data-problem="true"]')?.focus();
}
