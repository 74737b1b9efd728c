/** In a browser's page: batches for a driver, which calls `runFuzzBatch` and is told of each Program by `fuzzProgramDone`. */
import { openBrowserDevice } from '../../../src/host';
import { runBatch, type Batch, type BatchResult } from '../batches';

declare global {
  var runFuzzBatch: (batch: Batch) => Promise<BatchResult>;
  /** The driver's. */
  var fuzzProgramDone: (() => Promise<void>) | undefined;
}

globalThis.runFuzzBatch = (batch) =>
  runBatch(() => openBrowserDevice(), batch, { onProgram: () => void globalThis.fuzzProgramDone?.() });
