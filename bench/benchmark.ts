/**
 * A benchmark run on an executor, in Node and in a browser alike: a first product is verified, an adapter is tuned, peaks are
 * measured, then the cases are checked and timed, and the report is made.
 */
import type { AdapterFacts } from '../src/host';
import { undisturbed, UNDIVIDED, type Attention } from './attention';
import type { Baseline } from './baseline';
import { selectCases, type BenchCase, type CaseFilter } from './cases';
import { SYSTOLE, type Environment } from './environment';
import type { OnEvent, Stage } from './events';
import type { BenchExecutor } from './executors';
import { firstProduct } from './first';
import type { Report } from './report';
import { runCases } from './run';
import { stopOf } from './stop';
import type { BenchTools } from './tools';

export interface BenchRequest {
  readonly filter: CaseFilter;
  readonly budgetSeconds: number;
  readonly seed: number;
  /** The command line, or the link's settings, for the report. */
  readonly arguments: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
}

export interface BenchHost {
  readonly open: () => Promise<BenchExecutor>;
  readonly facts: AdapterFacts;
  readonly lost: BenchTools['lost'];
  readonly environment: Environment;
  /** What is in front, where something can be. */
  readonly attention?: Attention;
  /** The CPU column, where the host has one. */
  readonly baseline?: (first: BenchCase, tools: BenchTools) => Promise<Baseline>;
}

/** @throws UserError for a filter that nothing matches or an adapter that cannot be used; the reason of a stop before the first case. */
export async function benchmark(request: BenchRequest, host: BenchHost): Promise<Report> {
  const { budgetSeconds, seed, onEvent } = request;
  const { facts: adapter, environment, attention = UNDIVIDED } = host;
  const started = new Date().toISOString();
  const startMs = performance.now();
  const selected = selectCases(request.filter);
  const total = selected.cases.length;
  const stop = stopOf(host.lost, request.signal);
  const { signal } = stop;
  const opening = async <T>(stage: Stage, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    onEvent?.({ type: 'stage', stage, name: '', done: 0, total });
    return stop.race(work());
  };

  onEvent?.({ type: 'adapter', adapter, environment });
  const { device, reference, tune, checks } = await opening('probe', host.open);
  const tellProbe = (): void => {
    if (device.probe !== undefined) onEvent?.({ type: 'probe', probe: device.probe });
  };
  tellProbe();
  const tools: BenchTools = { device, reference, lost: host.lost, now: () => performance.now(), attention };
  const first = await opening('first', () => firstProduct(tools, { seed, startMs, signal }));
  onEvent?.({ type: 'first', first });
  if (tune !== undefined) await opening('tune', () => undisturbed(attention, signal, () => tune(signal)));
  tellProbe();
  const { value: peaks } = await opening('peaks', () =>
    undisturbed(attention, signal, () => device.measurePeaks(signal)),
  );
  onEvent?.({ type: 'peaks', peaks });
  const [firstCase] = selected.cases;
  const { baseline: runBaseline } = host;
  const baseline =
    runBaseline && firstCase ? await opening('baseline', () => runBaseline(firstCase, tools)) : null;
  const result = await runCases(selected.cases, tools, {
    budgetMs: 1000 * budgetSeconds,
    startMs,
    seed,
    peakGflops: peaks.fmaGflops,
    ...(checks && { checks }),
    signal: request.signal,
    onEvent,
  });
  return {
    systole: SYSTOLE,
    started,
    environment,
    adapter,
    ...(device.probe && { probe: device.probe }),
    first,
    peaks,
    baseline,
    settings: { budgetSeconds, seed, arguments: request.arguments },
    ...result,
    leftOut: [...selected.leftOut, ...result.leftOut],
  };
}
