/** `systole bench --peers`: the same shapes by other libraries, turn by turn, in Node or in a headless browser. */
import { checkWritable, writeAtomically } from '../../bench/node/write';
import { DEFAULT_ROUNDS, DEFAULT_SHAPES, peersExitCode, type PeersProgress } from '../../bench/peers/report';
import { peersText } from '../../bench/peers/text';
import { UserError } from '../numerics';
import type { BenchOptions } from './bench-options';
import { interruptOnce } from './interrupt';
import { passingLine } from './progress';

export async function benchPeers(options: BenchOptions): Promise<void> {
  const { shape = DEFAULT_SHAPES, seed, budget, adapter, browser, json } = options;
  if (browser === 'firefox') throw new UserError('--peers runs in Node or in Chromium: leave firefox out.');
  if (json !== undefined) await checkWritable(json);
  const interrupt = interruptOnce();
  const line = changingLine();
  try {
    const request = {
      shapes: shape,
      seed,
      budgetSeconds: budget,
      adapter,
      signal: interrupt.signal,
      onProgress: line.show,
    };
    const report = await (browser === undefined
      ? (await import('../../bench/peers/node')).runPeersInNode({ ...request, rounds: DEFAULT_ROUNDS })
      : (await import('../../bench/peers/browser')).runPeersInBrowser(request));
    line.clear();
    console.log(peersText(report));
    process.exitCode = peersExitCode(report);
    if (json !== undefined) await writeAtomically(json, `${JSON.stringify(report, null, 2)}\n`);
    // Other libraries keep devices and workers alive.
    setTimeout(() => process.exit(), 500).unref();
  } finally {
    line.clear();
    interrupt.release();
  }
}

const STAGES = {
  open: 'opening',
  check: 'checking',
  time: 'timing',
} as const satisfies Record<PeersProgress['stage'], string>;

/** What is under way, in place at a terminal; elsewhere a line for each contestant and stage. */
function changingLine(): { show: (progress: PeersProgress) => void; clear: () => void } {
  let clear = (): void => undefined;
  let last = '';
  return {
    show({ name, dtype, stage, round }) {
      clear();
      const text = `${STAGES[stage]} ${name} in ${dtype}`;
      clear = passingLine(process.stderr, round === undefined ? text : `round ${round}: ${text}`);
      if (!process.stderr.isTTY && text !== last) process.stderr.write(`${text}\n`);
      last = text;
    },
    clear: () => {
      clear();
    },
  };
}
