/** What one thread of WASM reaches in micro-benchmarks: the best of a fixed sweep, of which shares of peak are shares. */
import { createMemory, instantiate, PAGE, type Exports, type Modules } from './module';

export interface WasmPeaks {
  /** Products and sums in float32, 10^9 a second, two for each multiply-add. */
  readonly fmaGflops: number;
  /** Bytes read from memory, 10^9 a second. */
  readonly readGigabytes: number;
  /** Which of the sweep was best. */
  readonly bestFma: string;
  readonly bestRead: string;
}

/** Each point grows until a run takes this long, well past any clock's quantum; the best of ROUNDS counts. */
const LONG_ENOUGH_MS = 30;
const ROUNDS = 5;
const READ_BYTES = 2 ** 26;
const LANES = 4;

const FMA_SWEEP = [
  { name: '12 chains', products: false, chains: 12 },
  { name: '8 chains of distinct products', products: true, chains: 8 },
] as const;

export async function measurePeaks({ own, fuses }: Modules, signal?: AbortSignal): Promise<WasmPeaks> {
  const memory = createMemory(READ_BYTES + 2 * PAGE, 'own');
  const exports = instantiate(own, memory);
  const at = exports.base();
  new Float32Array(memory.buffer, at, 24).fill(0.5);
  new Uint32Array(memory.buffer, at + 96, READ_BYTES / 4 - 24).fill(1); // pages that were never written are all the same one
  let peaks: WasmPeaks = { fmaGflops: 0, readGigabytes: 0, bestFma: 'none', bestRead: 'v128' };
  for (const fused of fuses ? [true, false] : [false]) {
    for (const { name, products, chains } of FMA_SWEEP) {
      const perMs = await fastest((steps) => exports.peak(fused, products, at, steps), signal);
      const fmaGflops = (perMs * chains * LANES * 2) / 1e6;
      const bestFma = `${name}, ${fused ? 'fused' : 'multiply and add'}`;
      if (fmaGflops > peaks.fmaGflops) peaks = { ...peaks, fmaGflops, bestFma };
    }
  }
  const perMs = await fastest((times) => exports.read(at, READ_BYTES, times), signal, 1);
  return { ...peaks, readGigabytes: (perMs * READ_BYTES) / 1e6 };
}

/** Steps a millisecond. */
async function fastest(
  work: (steps: number) => ReturnType<Exports['peak']>,
  signal: AbortSignal | undefined,
  first = 2 ** 16,
): Promise<number> {
  let best = 0;
  for (let steps = first, round = 0; round < ROUNDS;) {
    signal?.throwIfAborted();
    const start = performance.now();
    work(steps);
    const ms = performance.now() - start;
    if (ms < LONG_ENOUGH_MS) steps *= 2;
    else round++;
    best = Math.max(best, ms < LONG_ENOUGH_MS ? 0 : steps / ms);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return best;
}
