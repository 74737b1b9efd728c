// Writes docs/isa.md from the forms and entries of the instructions (src/isa/document.ts): `npm run docs` after a change of them.
import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

process.chdir(new URL('..', import.meta.url).pathname);

const PAGE = 'docs/isa.md';
const MODULE = 'build/document.mjs';

await build({
  entryPoints: ['src/isa/document.ts'],
  outfile: MODULE,
  bundle: true,
  format: 'esm',
  logLevel: 'warning',
});
const { isaDocument } = await import(new URL(`../${MODULE}`, import.meta.url));
writeFileSync(PAGE, await format(isaDocument(), { ...(await resolveConfig(PAGE)), filepath: PAGE }));
