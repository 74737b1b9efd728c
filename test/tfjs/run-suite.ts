/**
 * tfjs-core's own specs on a backend of tfjs, in a process of Node and in a headless Chromium. The package publishes them as modules
 * (dist/tests.js) that want to be one bundle with its ops, its gradients, Jasmine 3 and the backend.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { launchChromium, type ChromiumOptions } from '../../bench/browser/chromium';
import { listen } from '../../bench/browser/server';
import type { SuiteResult } from './suite/run';

export interface SuiteOptions {
  /** The module in suite/backends that registers the backend and gives it to the specs. */
  readonly backend: string;
  /** Only specs that have it in their names; all of them when left out. */
  readonly part?: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Scripts, not modules: some of the specs, and Jasmine, are code that is no strict one. */
const PLATFORMS = {
  node: {
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'], // one tfjs-core: `main` would bring a second one, bundled
    external: ['webgpu'],
    define: { 'import.meta.url': 'suiteUrl' },
    banner: { js: "const suiteUrl = require('node:url').pathToFileURL(__filename).href;" },
  },
  browser: { platform: 'browser', format: 'iife', globalName: 'suite', define: { global: 'globalThis' } },
} satisfies Record<string, BuildOptions>;

/** The file of the bundle, which exports `run` of suite/run.ts. */
async function bundle(backend: string, platform: keyof typeof PLATFORMS): Promise<string> {
  const outfile = `${ROOT}build/tfjs/${backend}-${platform}.cjs`;
  const { define, ...settings } = PLATFORMS[platform];
  await build({
    ...settings,
    define: { ...define, SYSTOLE_VERSION: '"test"', SYSTOLE_REVISION: '"test"' },
    stdin: {
      // The order is that of their effects: Jasmine's globals, the ops, the backend, the specs.
      contents: `
        import './jasmine';
        import '@tensorflow/tfjs-core';
        import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
        import '@tensorflow/tfjs-core/dist/register_all_gradients';
        import './backends/${backend}';
        import '@tensorflow/tfjs-core/dist/tests';
        export { run } from './run';
      `,
      resolveDir: fileURLToPath(new URL('suite', import.meta.url)),
    },
    outfile,
    bundle: true,
    target: 'es2022',
    ignoreAnnotations: true, // tfjs-core calls its specs free of side effects: bundlers would drop most of them
    loader: { '.wgsl': 'text', '.wasm': 'binary' },
    logLevel: 'error',
  });
  return outfile;
}

/** In a process of its own, as the specs replace what Node has. */
export async function runSuiteInNode({ backend, part = '' }: SuiteOptions): Promise<SuiteResult> {
  const file = await bundle(backend, 'node');
  const program = `
    const { run } = require(${JSON.stringify(file)});
    run(${JSON.stringify(part)}).then((result) => process.send(result, () => process.exit()));
  `;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--eval', program], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text));
    child.on('message', (result) => {
      resolve(result as SuiteResult);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      reject(
        new Error(`The specs ended without a result (${code ?? signal ?? 'unknown'}): ${log.slice(-2000)}`),
      );
    });
  });
}

export async function runSuiteInChromium(
  { backend, part = '' }: SuiteOptions,
  options: ChromiumOptions = {},
): Promise<SuiteResult> {
  const script = await readFile(await bundle(backend, 'browser'));
  const served = await listen((request, response) => {
    const [type, body] =
      request.url === '/suite.js'
        ? ['text/javascript', script]
        : ['text/html', '<!doctype html><meta charset="utf-8"><script src="suite.js"></script>'];
    response.writeHead(200, { 'Content-Type': type }).end(body);
  });
  try {
    const { browser, close } = await launchChromium(options);
    try {
      const page = await browser.newPage();
      await page.goto(served.url);
      return await page.evaluate<SuiteResult>(`suite.run(${JSON.stringify(part)})`);
    } finally {
      await close();
    }
  } finally {
    await served.close();
  }
}
