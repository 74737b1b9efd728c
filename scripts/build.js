// Builds everything that runs: the WASM checker from AssemblyScript (build/), then the bundles (dist/).
// `node scripts/build.js wasm` stops after the first step, which is all that the tests need; `node scripts/build.js page` builds only
// the page, after that step;
// `node scripts/build.js package` adds the declarations for TypeScript, from nothing, as the package needs them, and leaves out the
// examples.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { buildPeersForNode, buildPeersPage, peersAreInstalled } from '../bench/peers/build.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
process.chdir(new URL('..', import.meta.url).pathname);

async function buildWasm() {
  mkdirSync('build', { recursive: true });
  await compileWasm('build/matmul.wasm', []);
  await compileWasm('build/matmul-relaxed.wasm', ['--enable', 'relaxed-simd']);
}

/** Its memory is the caller's, with a maximum so that it may be shared (src/execute/wasm/module.ts). */
async function compileWasm(outFile, features) {
  const { error, stderr } = await asc.main([
    'src/execute/wasm/assembly/matmul.ts',
    ...['--outFile', outFile, '--importMemory', '--maximumMemory', '65536'],
    ...['--enable', 'simd', '--enable', 'threads', ...features],
    ...['--runtime', 'stub', '--noAssert', '-O3'],
  ]);
  if (error) throw new Error(`AssemblyScript: ${error.message}\n${stderr.toString()}`);
}

function gitRevision() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown'; // a tarball without a repository, or no git
  }
}

const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
  loader: { '.wgsl': 'text', '.css': 'text', '.wasm': 'binary' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { SYSTOLE_VERSION: JSON.stringify(version), SYSTOLE_REVISION: JSON.stringify(gitRevision()) },
};

/** Entry points share one copy of a layer, so that its classes are the same in each of them. */
const shared = (layer) => ({
  name: `shared-${layer}`,
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`/${layer}$`) }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: `./${layer}.js`, external: true },
    );
  },
});
const sharedNumerics = shared('numerics'); // a `UserError` is one everywhere
const sharedArrays = shared('arrays'); // so is an `NDArray`

/** For browsers and Node alike. */
const forAll = { ...common, outdir: 'dist', platform: 'neutral' };

/** For Node: bundled libraries that are CommonJS call require() for Node's own modules. */
const forNode = {
  ...common,
  outdir: 'dist',
  platform: 'node',
  external: ['webgpu', '@sparticuz/chromium', 'esbuild', 'gpu.js', 'playwright'],
};
const REQUIRE =
  "import { createRequire as systoleRequire } from 'node:module';\nconst require = systoleRequire(import.meta.url);";

async function buildBundles() {
  await Promise.all([
    build({ ...forAll, entryPoints: { numerics: 'src/numerics/index.ts' } }),
    build({ ...forAll, entryPoints: { arrays: 'src/arrays.ts' }, plugins: [sharedNumerics] }),
    build({ ...forAll, entryPoints: { index: 'src/index.ts' }, plugins: [sharedNumerics, sharedArrays] }),
    build({
      ...forAll,
      entryPoints: { tfjs: 'src/tfjs/index.ts' },
      external: ['@tensorflow/tfjs-core'], // the program's own, which has its registry
      plugins: [sharedNumerics],
    }),
    build({ ...forAll, entryPoints: { kernel: 'src/kernel/index.ts' }, plugins: [sharedNumerics] }),
    build({ ...forAll, entryPoints: { time: 'src/time/index.ts' }, plugins: [sharedNumerics] }),
    build({
      ...forNode,
      entryPoints: { node: 'src/node.ts' },
      plugins: [sharedNumerics, sharedArrays],
      banner: { js: REQUIRE },
    }),
    build({
      ...forNode,
      entryPoints: { 'kernel-worker': 'src/cli/kernel-worker.ts' },
      plugins: [sharedNumerics, shared('kernel')], // kernel files have the same copy
    }),
    build({
      ...forNode,
      entryPoints: { cli: 'src/cli/main.ts' },
      banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
    }),
  ]);
  if (step !== 'package' && peersAreInstalled()) await buildPeersForNode(forNode, 'dist/peers');
  chmodSync('dist/cli.js', 0o755);
}

/** The kernels of the library as data, for the picker on the page. */
async function kernelCatalogue() {
  const folder = 'src/kernels';
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.ts'));
  const outfile = 'build/kernel-catalogue.mjs';
  await build({
    ...forNode,
    outdir: undefined,
    outfile,
    external: ['typescript'],
    stdin: {
      contents: `
        import { LIBRARY } from './${folder}/library';
        import { kernelCatalogue } from './bench/node/kernel-catalogue';
        ${files.map((file, index) => `import * as file${index} from './${folder}/${file}';`).join('\n')}
        const files = { ${files.map((file, index) => `${JSON.stringify(file)}: file${index}`).join(', ')} };
        export const catalogue = kernelCatalogue(${JSON.stringify(folder)}, files, LIBRARY);`,
      resolveDir: '.',
      loader: 'ts',
    },
  });
  const { catalogue } = await import(new URL(`../${outfile}`, import.meta.url).href);
  for (const each of catalogue.leftOut) console.warn(`Left out of the page's kernels: ${each}`);
  return catalogue.entries;
}

/** Puts the kernels into the page's bundle, in the place of a file that has none. */
const libraryKernels = {
  name: 'library-kernels',
  setup({ onLoad }) {
    onLoad({ filter: /page\/kernel\/library-kernels\.ts$/ }, async () => ({
      contents: `export const LIBRARY_KERNELS = ${JSON.stringify(await kernelCatalogue())};`,
    }));
  },
};

/**
 * What runs kernels, apart from the page's scripts, whose shared files would bring along what only these use of them: the judge's
 * worker, the worker of the sandbox, and the sandbox's frame, whose policy names its own script alone.
 */
async function buildKernelRunners() {
  const folder = 'bench/page/kernel';
  const alone = { ...forAll, outdir: undefined, format: 'iife', platform: 'browser', minify: true };
  const unmapped = { ...alone, sourcemap: false }; // run from their text, which has no place of its own
  const [frame] = await Promise.all([
    build({ ...unmapped, entryPoints: [`${folder}/sandbox/frame.ts`], write: false }),
    build({
      ...unmapped,
      entryPoints: [`${folder}/sandbox/worker.ts`],
      outfile: 'dist/page/kernel-sandbox.js',
    }),
    build({ ...alone, entryPoints: [`${folder}/judge-worker.ts`], outfile: 'dist/page/kernel-worker.js' }),
  ]);
  const script = frame.outputFiles[0].text;
  const hash = createHash('sha256').update(script).digest('base64');
  const html = readFileSync(`${folder}/sandbox/frame.html`, 'utf8');
  writeFileSync(
    'dist/page/kernel-frame.html',
    html.replace('HASH', hash).replace('<!-- SCRIPT -->', () => `<script>${script}</script>`),
  );
}

/** The page as plain files for any static host: its scripts and workers, what they load later, and the rest under its names there. */
const PAGE = {
  scripts: {
    main: 'bench/page/main.tsx',
    worker: 'bench/page/worker.ts',
    'identify-worker': 'bench/page/identify-worker.ts',
    'tiling-worker': 'bench/page/tiling-worker.ts',
    'tune-worker': 'bench/page/tune-worker.ts',
    'time-worker': 'bench/page/time/worker.ts',
    program: 'bench/page/driven/page.ts',
    'program-worker': 'bench/page/driven/worker.ts',
    overheads: 'bench/overheads/page/page.ts',
    'overheads-worker': 'bench/overheads/page/worker.ts',
  },
  files: {
    'index.html': 'bench/page/index.html',
    'program.html': 'bench/page/driven/program.html',
    'overheads.html': 'bench/overheads/page/overheads.html',
    'page.css': 'bench/page/page.css',
    'report.css': 'bench/report/html/report.css',
    'favicon.svg': 'bench/page/favicon.svg',
    'readme.txt': 'README.md', // text is shown by any host and browser
  },
};

async function buildPage() {
  rmSync('dist/page', { recursive: true, force: true }); // chunks carry a hash in their names
  mkdirSync('dist/page', { recursive: true });
  await build({
    ...forAll,
    outdir: 'dist/page',
    platform: 'browser',
    minify: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    entryPoints: PAGE.scripts,
    plugins: [libraryKernels],
  });
  await buildKernelRunners();
  for (const [name, file] of Object.entries(PAGE.files)) copyFileSync(file, join('dist/page', name));
  if (step !== 'package' && peersAreInstalled()) await addPeers();
}

/** The peers' page, which is too large to be handed on, beside a local build of the page, which links to it. */
async function addPeers() {
  await buildPeersPage(forAll, 'dist/page');
  const html = readFileSync('dist/page/index.html', 'utf8');
  writeFileSync('dist/page/index.html', html.replace('<html ', '<html data-peers '));
}

/** What the declarations name that a project without settings of its own does not have. */
const REFERENCES = '/// <reference lib="esnext.disposable" />\nimport "#webgpu";\n';
/** TypeScript's own DOM declares WebGPU from 6.0 on, and clashes with the package that did before. */
const WEBGPU = {
  'package.json': JSON.stringify({
    type: 'module',
    imports: { '#webgpu': { 'types@<6.0': './webgpu.d.ts', types: './none.d.ts' } },
  }),
  'webgpu.d.ts': '/// <reference types="@webgpu/types" />\nexport {};\n',
  'none.d.ts': 'export {};\n',
};
const ENTRIES = [
  'src/index.d.ts',
  'src/arrays.d.ts',
  'src/tfjs/index.d.ts',
  'src/kernel/index.d.ts',
  'src/node.d.ts',
];

/** TypeScript's modes for Node resolve no import without an extension, and tsc writes imports as the sources have them. */
function buildDeclarations() {
  execFileSync('npx', ['tsc', '-p', 'tsconfig.types.json'], { stdio: 'inherit' });
  for (const name of readdirSync('dist/types', { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue;
    const file = join('dist/types', name);
    const complete = (_, before, path, after) => {
      const target = join(dirname(file), path);
      return `${before}${path}${existsSync(`${target}.d.ts`) ? '' : '/index'}.js${after}`;
    };
    const text = readFileSync(file, 'utf8');
    const head = ENTRIES.includes(name) ? REFERENCES : '';
    writeFileSync(file, head + text.replace(/((?:from |import\()['"])(\.{1,2}\/[^'"]+)(['"])/g, complete));
  }
  for (const [name, text] of Object.entries(WEBGPU)) writeFileSync(join('dist/types', name), text);
}

/** The examples as pages beside the benchmark's, which links to them. Not handed on: digits are 8 MB, and of a licence of their own. */
const EXAMPLES = {
  scripts: {
    'digits/main': 'examples/digits/main.tsx',
    'digits/worker': 'examples/digits/worker.ts',
    'tfjs/main': 'examples/tfjs/main.ts',
  },
  files: {
    'index.html': 'examples/index.html',
    'library.css': 'examples/library.css',
    'arrays.html': 'examples/arrays.html',
    'arrays-example.js': 'examples/arrays-example.js',
    'arrays.js': 'dist/arrays.js',
    'numerics.js': 'dist/numerics.js',
    'digits/digits.html': 'examples/digits/digits.html',
    'digits/digits.css': 'examples/digits/digits.css',
    'tfjs/tfjs.html': 'examples/tfjs/tfjs.html',
  },
};

async function buildExamples() {
  const folder = 'dist/page/examples';
  await build({
    ...forAll,
    outdir: folder,
    platform: 'browser',
    minify: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    entryPoints: EXAMPLES.scripts,
  });
  for (const [name, file] of Object.entries(EXAMPLES.files)) copyFileSync(file, join(folder, name));
  await buildDigits(join(folder, 'digits/digits.safetensors'));
  const html = readFileSync('dist/page/index.html', 'utf8');
  writeFileSync('dist/page/index.html', html.replace('<html ', '<html data-examples '));
}

/** The digits that a net learns, for its page to fetch. */
async function buildDigits(file) {
  const outfile = 'build/digits.mjs';
  const contents = `
    import { writeDigits } from './examples/digits/data';
    import { packageDigits } from './examples/digits/package';
    export const chunks = writeDigits(packageDigits());`;
  await build({
    ...forNode,
    outdir: undefined,
    outfile,
    stdin: { contents, resolveDir: '.', loader: 'ts' },
  });
  const { chunks } = await import(new URL(`../${outfile}`, import.meta.url).href);
  await writeFile(file, chunks);
}

const [step] = process.argv.slice(2);
if (step === 'package') rmSync('dist', { recursive: true, force: true });
await buildWasm();
if (step !== 'wasm') await Promise.all([step === 'page' ? undefined : buildBundles(), buildPage()]);
if (step === undefined) await buildExamples();
if (step === 'package') buildDeclarations();
