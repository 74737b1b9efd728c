/**
 * The peers' page, of local builds only: runs the comparison in its worker and shows the table. Shapes, budget and seed are
 * those of a link to the main page (link.ts).
 */
import { render } from 'preact';
import { DEFAULT_ROUNDS, DEFAULT_SHAPES, type PeersProgress } from '../peers/report';
import { extents } from '../report/html/format';
import { parseLink } from './link';
import { PeersTable } from './peers-table';
import type { FromPeersWorker, ToPeersWorker } from './peers-worker';

const { settings, problems } = parseLink(location.hash);
const shapes = settings.shapes.length > 0 ? settings.shapes : DEFAULT_SHAPES;
const worker = new Worker(new URL('peers-worker.js', import.meta.url), { type: 'module' });
const post = (message: ToPeersWorker): void => {
  worker.postMessage(message);
};

let running = false;
let stopped = false;
let last: FromPeersWorker | undefined;

function start(): void {
  if (running) return;
  [running, stopped] = [true, false];
  const { seed, budgetSeconds } = settings;
  post({ type: 'run', request: { shapes, seed, budgetSeconds, rounds: DEFAULT_ROUNDS } });
  show();
}

function halt(): void {
  stopped = true;
  post({ type: 'stop' });
  show();
}

worker.addEventListener('message', ({ data }: MessageEvent<FromPeersWorker>) => {
  last = data;
  running = data.type === 'progress';
  window.dispatchEvent(new CustomEvent('systole', { detail: data }));
  show();
});

worker.addEventListener('error', ({ message }) => {
  const failed: FromPeersWorker = { type: 'failed', message: message || 'the worker did not load' };
  [last, running] = [failed, false];
  window.dispatchEvent(new CustomEvent('systole', { detail: failed }));
  show();
});

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
            Every library multiplies the same random matrices on this adapter, is checked against float64, and
            is timed in turns.
          </p>
        </div>
        <nav aria-label="Page">
          <a href={`index.html${location.hash}`}>Benchmark</a>
        </nav>
      </header>
      <main>
        <div class="actions">
          <button id="run" type="button" class="primary" aria-disabled={running} onClick={start}>
            {running ? 'Running' : 'Run comparison'}
          </button>
          {running && (
            <button id="stop" type="button" aria-disabled={stopped} onClick={halt}>
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
        <p role="status">{running ? doing() : said()}</p>
        {last?.type === 'report' && <PeersTable {...last.report} />}
      </main>
    </>
  );
}

function doing(): string {
  if (stopped) return 'Stopping.';
  return last?.type === 'progress' ? stageText(last.progress) : 'Starting.';
}

function stageText({ stage, name, dtype, shape, round = 0 }: PeersProgress): string {
  const at = shape === undefined ? '' : ` at ${extents(shape)}`;
  const what = {
    open: 'opening',
    check: 'first run and check of',
    time: `round ${round}:`,
  } satisfies Record<PeersProgress['stage'], string>;
  return `${what[stage]} ${name} (${dtype})${at}`;
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
