/**
 * Timing of one prepared product: warm-up apart, then samples of as many runs as it takes to be well past the clock's
 * quantum (browsers quantise their clocks; Node's is fine), then the median with its spread. A sample during which the page
 * was hidden is thrown away and taken again.
 */
import { undisturbed, UNDIVIDED, type Attention } from './attention';

export interface Timing {
  /** Milliseconds per run: the median of the samples, and their spread. */
  readonly median: number;
  readonly spread: {
    readonly min: number;
    readonly lowerQuartile: number;
    readonly upperQuartile: number;
    readonly max: number;
  };
  /** Samples taken, each of `runsPerSample` runs. */
  readonly count: number;
  readonly runsPerSample: number;
  /** Samples thrown away because the page was hidden while they were taken. */
  readonly discarded: number;
}

export interface TimingLimits {
  /** No new sample is begun after this many milliseconds, but one is always taken. */
  readonly limitMs: number;
  /** The clock's smallest step, in milliseconds. */
  readonly quantumMs: number;
  /** Milliseconds after which finished work is noticed at the latest; next to nothing when left out. */
  readonly noticeMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly attention?: Attention | undefined;
}

const WANTED_SAMPLES = 5;
const MOST_SAMPLES = 25;
/** Quick products are sampled until this much time has been seen, within MOST_SAMPLES. */
const WANTED_MS = 250;
const SAMPLE_MS = 10;
const QUANTA_PER_SAMPLE = 100;
/** Where finished work is noticed late, few runs show that and not what they take: more are put together. */
const NOTICES_PER_SAMPLE = 5;

/** `runMany(count)` runs the product `count` times and gives the milliseconds that took. */
export async function measure(
  runMany: (count: number, signal?: AbortSignal) => Promise<number>,
  { limitMs, quantumMs, noticeMs = 0, signal, attention = UNDIVIDED }: TimingLimits,
): Promise<Timing> {
  let discarded = 0;
  const seen = async (count: number): Promise<number> => {
    const sample = await undisturbed(attention, signal, () => runMany(count, signal));
    discarded += sample.discarded;
    return sample.value;
  };
  let spent = await seen(1); // warm-up: first-touch of memory, clocks
  const once = await seen(1);
  spent += once;
  const wanted = Math.max(SAMPLE_MS, QUANTA_PER_SAMPLE * quantumMs);
  let runsPerSample = Math.max(1, Math.ceil(wanted / Math.max(once, quantumMs)));
  const outlasting = NOTICES_PER_SAMPLE * noticeMs;
  for (let seenMs = once * runsPerSample; seenMs < outlasting && spent < limitMs; spent += seenMs) {
    runsPerSample *= Math.min(8, Math.ceil(outlasting / seenMs));
    seenMs = await seen(runsPerSample);
  }
  const samples: number[] = [];
  let sampled = 0;
  do {
    const elapsed = await seen(runsPerSample);
    samples.push(elapsed / runsPerSample);
    sampled += elapsed;
  } while (
    spent + sampled < limitMs &&
    (samples.length < WANTED_SAMPLES || (sampled < WANTED_MS && samples.length < MOST_SAMPLES))
  );
  return { ...summarise(samples, runsPerSample), discarded };
}

export function summarise(samples: readonly number[], runsPerSample: number): Omit<Timing, 'discarded'> {
  const sorted = [...samples].sort((left, right) => left - right);
  return {
    median: quantile(sorted, 0.5),
    spread: {
      min: quantile(sorted, 0),
      lowerQuartile: quantile(sorted, 0.25),
      upperQuartile: quantile(sorted, 0.75),
      max: quantile(sorted, 1),
    },
    count: sorted.length,
    runsPerSample,
  };
}

/** The smallest step that `now` was seen to make, in its own unit. */
export function clockQuantum(now: () => number): number {
  let smallest = Infinity;
  for (let attempt = 0; attempt < 20; attempt++) {
    const start = now();
    let next = now();
    while (next === start) next = now();
    smallest = Math.min(smallest, next - start);
  }
  return smallest;
}

/** Linear interpolation between the two nearest samples. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined)
    throw new Error('Invariant violation: a quantile of no samples');
  return below + (above - below) * (position - Math.floor(position));
}
