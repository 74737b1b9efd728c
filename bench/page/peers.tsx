/**
 * The peers' page, of local builds only: runs the comparison, field by field, and shows the tables. Shapes, budget and seed are
 * those of a link to the main page (link.ts); `?device=wasm` or `?device=webgpu` leaves the other's fields out.
 */
import { render } from 'preact';
import { FIELDS, fieldsOf } from '../peers/fields';
import { DEFAULT_ROUNDS, DEFAULT_SHAPES, type PeersProgress } from '../peers/report';
import { extents } from '../report/html/format';
import { parseLink } from './link';
import type { FromPeersPage } from './peers-protocol';
import { runPeersInPage } from './peers-run';
import { PeersTable } from './peers-table';

const { settings, problems } = parseLink(location.hash);
const shapes = settings.shapes.length > 0 ? settings.shapes : DEFAULT_SHAPES;
const device = new URLSearchParams(location.search).get('device');
const fields = fieldsOf(device === 'webgpu' || device === 'wasm' ? device : undefined);

let run: AbortController | undefined;
let last: FromPeersPage | undefined;

function start(): void {
  if (run !== undefined) return;
  run = new AbortController();
  const { seed, budgetSeconds } = settings;
  const { signal } = run;
  const onProgress = (progress: PeersProgress): void => {
    tell({ type: 'progress', progress });
  };
  runPeersInPage(fields, { shapes, seed, budgetSeconds, rounds: DEFAULT_ROUNDS, signal, onProgress }).then(
    (report) => {
      end({ type: 'report', report });
    },
    (error: unknown) => {
      end({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    },
  );
  show();
}

function halt(): void {
  run?.abort();
  show();
}

function end(message: FromPeersPage): void {
  run = undefined;
  tell(message);
}

function tell(message: FromPeersPage): void {
  last = message;
  window.dispatchEvent(new CustomEvent('systole', { detail: message }));
  show();
}

window.addEventListener('hashchange', () => {
  location.reload();
});

function Page() {
  return (
    <>
      <header class="top">
        <div>
          <h1>systole beside its peers</h1>
          <p>
            Every library multiplies the same random matrices on this adapter or in WASM, is checked against
            float64, and is timed in turns with those that do it the same way.
          </p>
        </div>
        <nav aria-label="Page">
          <a href={`index.html${location.hash}`}>Benchmark</a>
        </nav>
      </header>
      <main>
        <div class="actions">
          <button id="run" type="button" class="primary" aria-disabled={run !== undefined} onClick={start}>
            {run !== undefined ? 'Running' : 'Run comparison'}
          </button>
          {run !== undefined && (
            <button id="stop" type="button" aria-disabled={run.signal.aborted} onClick={halt}>
              Stop
            </button>
          )}
          <p class="summary">
            {shapes.join(', ')}; {settings.budgetSeconds} s, seed {settings.seed}
          </p>
        </div>
        {problems.map((problem) => (
          <p class="notice" key={problem}>
            {problem}
          </p>
        ))}
        <p role="status">{run !== undefined ? doing(run.signal) : said()}</p>
        {last?.type === 'report' && <PeersTable {...last.report} />}
      </main>
    </>
  );
}

function doing({ aborted }: AbortSignal): string {
  if (aborted) return 'Stopping.';
  return last?.type === 'progress' ? stageText(last.progress) : 'Starting.';
}

function stageText({ field, stage, name, dtype, shape, round = 0 }: PeersProgress): string {
  const at = shape === undefined ? '' : ` at ${extents(shape)}`;
  const what = {
    open: 'opening',
    check: 'first run and check of',
    time: `round ${round}:`,
  } satisfies Record<PeersProgress['stage'], string>;
  return `${field === undefined ? '' : `${FIELDS[field].title}: `}${what[stage]} ${name} (${dtype})${at}`;
}

function said(): string {
  if (last === undefined || last.type === 'progress') return '';
  return last.type === 'report' ? `Done: ${last.report.outcome}.` : last.message;
}

const root = document.getElementById('app');
if (root === null) throw new Error('Invariant violation: the page has no #app');
const app = root;
function show(): void {
  render(<Page />, app);
}
show();
