/** The page's entry: what of the browser the page depends on, and the first state, from the link, the storage, or neither. */
import { render } from 'preact';
import { adapterFacts, openBrowserDevice } from '../../src/host';
import { App } from './app';
import type { ReportView } from '../report/html';
import { isSectionLink, parseLink } from './link';
import { openChannel } from './neighbours';
import type { Runner } from './runner';
import { INITIAL, reduce, type Action, type PageState } from './state';
import { Keeper } from './storage';

const root = document.getElementById('app');
if (root === null) throw new Error('Invariant violation: the page has no #app');

let refused = false;
let onRefused = (): void => {
  refused = true;
};
const keeper = new Keeper(
  () => localStorage,
  () => {
    onRefused();
  },
);
const host = {
  newWorker: () => new Worker('worker.js', { type: 'module' }),
  locks: (navigator as { readonly locks?: LockManager }).locks, // absent outside a secure context
  channel: openChannel(),
  now: () => performance.now(),
  onMessage: (message: unknown) => {
    window.dispatchEvent(new CustomEvent('systole', { detail: message }));
  },
};
try {
  show(opening(keeper.report()));
} catch {
  show(opening(null)); // what was kept of an earlier visit is not what it says it is
}

function show(initial: PageState): void {
  const place = document.createElement('div');
  render(<App initial={initial} keeper={keeper} host={host} listen={listen} />, place);
  root?.replaceChildren(place);
}

function opening(kept: ReportView | null): PageState {
  const link = location.hash.slice(1);
  const actions: Action[] = [
    link === '' || isSectionLink(link) ? settingsOf(keeper.read('settings'), false) : settingsOf(link, true),
    ...(kept ? [{ type: 'restored', view: kept } as const] : []),
    { type: 'hidden', hidden: document.hidden },
    ...(refused ? [{ type: 'storage-refused' } as const] : []),
  ];
  return actions.reduce(reduce, INITIAL);
}

/** What is wrong with what was kept is nobody's doing, and not told. */
function settingsOf(link: string, tell: boolean): Action {
  const { settings, problems } = parseLink(link);
  return { type: 'settings', settings, problems: tell ? problems : [] };
}

function listen(dispatch: (action: Action) => void, runner: Runner): void {
  runner.prepare();
  onRefused = () => {
    dispatch({ type: 'storage-refused' });
  };
  void lookForAdapter(dispatch);
  window.addEventListener('hashchange', () => {
    if (!isSectionLink(location.hash)) dispatch(settingsOf(location.hash, true));
  });
  window.addEventListener('dragover', keepPage);
  window.addEventListener('drop', keepPage);
  document.addEventListener('visibilitychange', () => {
    runner.hidden(document.hidden);
    dispatch({ type: 'hidden', hidden: document.hidden });
  });
}

/** A file or a link dropped beside the drop zone would take the page's place. Text may be dropped into fields. */
function keepPage(event: DragEvent): void {
  const { dataTransfer, defaultPrevented, target } = event;
  const isFile = dataTransfer?.types.includes('Files') ?? false;
  if (defaultPrevented || (!isFile && target instanceof HTMLInputElement)) return;
  event.preventDefault();
  if (dataTransfer) dataTransfer.dropEffect = 'none';
}

/** Names the adapter before a run, or says at once what to do where there is none. No device is taken. */
async function lookForAdapter(dispatch: (action: Action) => void): Promise<void> {
  const { gpu } = navigator as { readonly gpu?: GPU };
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (adapter) {
    const { name, kind } = adapterFacts(adapter, '');
    dispatch({ type: 'adapter', name: kind === 'software' ? `${name} (software, runs on the CPU)` : name });
    return;
  }
  await openBrowserDevice().then(
    (opened) => {
      opened.close();
    },
    (error: unknown) => {
      dispatch({ type: 'refusal', message: error instanceof Error ? error.message : String(error) });
    },
  );
}
