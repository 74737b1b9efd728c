/** What of WASM the tests run with: relaxed SIMD, and workers of whichever host they run in. */
import type { StartThread } from '../../src/execute/wasm';

/** A page's workers need nothing. */
export let startThread: StartThread | undefined;
if (!('window' in globalThis)) {
  (await import('../../src/host/relaxed-simd')).allowRelaxedSimd();
  startThread = (await import('../../src/host/node-thread')).startNodeThread;
}
