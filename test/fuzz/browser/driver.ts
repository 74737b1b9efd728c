/** Batches in a headless Chromium on SwiftShader: a page of nothing but the fuzzer, which a driver calls. */
import { readFileSync } from 'node:fs';
import { launchChromium } from '../../../bench/browser/chromium';
import type { Batch, BatchResult } from '../batches';

export interface BrowserFuzzer {
  run(batch: Batch): Promise<BatchResult>;
  close(): Promise<void>;
}

/** WebGPU exists in secure contexts only, and this address is one though nothing listens there. */
const ADDRESS = 'http://localhost/systole-fuzz';

/** @throws UserError when no browser is there. */
export async function openBrowserFuzzer(script: string, onProgram: () => void): Promise<BrowserFuzzer> {
  const { browser, close } = await launchChromium({ adapter: 'swiftshader' });
  const source = readFileSync(script, 'utf8');
  return {
    async run(batch) {
      // A page of its own for each batch: what the last one kept goes with it.
      const page = await browser.newPage();
      try {
        await page.route(ADDRESS, (route) =>
          route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
        );
        await page.goto(ADDRESS);
        await page.exposeFunction('fuzzProgramDone', onProgram);
        await page.addScriptTag({ content: source, type: 'module' });
        await page.waitForFunction(() => 'runFuzzBatch' in globalThis);
        return await page.evaluate((asked) => globalThis.runFuzzBatch(asked), batch);
      } finally {
        await page.close().catch(() => undefined);
      }
    },
    close,
  };
}
