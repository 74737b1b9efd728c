// Measures the functions of the Scalar engine against the true ones and writes docs/functions.md; takes about a minute.
// `node scripts/measure-functions.js` after a change to src/isa/functions; the test suite says when the document is out of date.
import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

const ROOT = new URL('..', import.meta.url);
const OUT = new URL('docs/functions.md', ROOT);

const { outputFiles } = await build({
  absWorkingDir: ROOT.pathname,
  entryPoints: ['test/isa/functions/document.ts'],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'neutral',
  logLevel: 'warning',
});
const bundle = Buffer.from(outputFiles[0].contents).toString('base64');
const { documentOf, measureAll } = await import(`data:text/javascript;base64,${bundle}`);

const options = await resolveConfig(OUT);
writeFileSync(OUT, await format(documentOf(measureAll()), { ...options, parser: 'markdown' }));
