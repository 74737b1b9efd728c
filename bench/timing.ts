/**
 * Timing of one prepared product: warm-up apart, then samples of as many runs as it takes to be well past the clock's
 * quantum (browsers quantise their clocks; Node's is fine), then the median with its spread.
 */

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
}

export interface TimingLimits {
  /** No new sample is begun after this many milliseconds, but one is always taken. */
  readonly limitMs: number;
  /** The clock's smallest step, in milliseconds. */
  readonly quantumMs: number;
  readonly signal?: AbortSignal | undefined;
}

const WANTED_SAMPLES = 5;
const MOST_SAMPLES = 25;
/** Quick products are sampled until this much time has been seen, within MOST_SAMPLES. */
const WANTED_MS = 250;
const SAMPLE_MS = 10;
const QUANTA_PER_SAMPLE = 100;

/** `runMany(count)` runs the product `count` times and gives the milliseconds that took. */
export async function measure(
  runMany: (count: number, signal?: AbortSignal) => Promise<number>,
  { limitMs, quantumMs, signal }: TimingLimits,
): Promise<Timing> {
  let spent = await runMany(1, signal); // warm-up: first-touch of memory, clocks
  const once = await runMany(1, signal);
  spent += once;
  const wanted = Math.max(SAMPLE_MS, QUANTA_PER_SAMPLE * quantumMs);
  const runsPerSample = Math.max(1, Math.ceil(wanted / Math.max(once, quantumMs)));
  const samples: number[] = [];
  let sampled = 0;
  do {
    const elapsed = await runMany(runsPerSample, signal);
    samples.push(elapsed / runsPerSample);
    sampled += elapsed;
  } while (
    spent + sampled < limitMs &&
    (samples.length < WANTED_SAMPLES || (sampled < WANTED_MS && samples.length < MOST_SAMPLES))
  );
  return summarise(samples, runsPerSample);
}

export function summarise(samples: readonly number[], runsPerSample: number): Timing {
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
