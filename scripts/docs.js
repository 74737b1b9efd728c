// Writes the pages that are made from the code, `npm run docs` after a change of it: docs/isa.md from the forms and entries of the
// instructions (src/isa/document.ts), docs/errors.md from the verifier's rules (src/verify/document.ts), the table of constants of
// docs/time.md (src/time/document.ts), and the rows of docs/calibration.md, which are simulated (src/time/calibration/document.ts), with
// the medians that reports tell (src/time/accuracy.ts).
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

process.chdir(new URL('..', import.meta.url).pathname);

const PAGES = [
  { page: 'docs/isa.md', source: 'src/isa/document.ts', make: ({ isaDocument }) => isaDocument() },
  {
    page: 'docs/errors.md',
    source: 'src/verify/document.ts',
    make: ({ errorsDocument }) => errorsDocument(),
  },
  {
    page: 'docs/time.md',
    source: 'src/time/document.ts',
    make: ({ withConstants }, text) => withConstants(text),
  },
  {
    page: 'docs/calibration.md',
    source: 'src/time/calibration/document.ts',
    make: ({ withRows }, text) => withRows(text),
  },
  {
    page: 'src/time/accuracy.ts',
    source: 'src/time/calibration/document.ts',
    make: ({ withMedians }, text) => withMedians(text),
  },
];
const MODULE = 'build/document.mjs';

for (const { page, source, make } of PAGES) {
  await build({ entryPoints: [source], outfile: MODULE, bundle: true, format: 'esm', logLevel: 'warning' });
  // The query tells one source's module from the next, which has the same address.
  const module = await import(`${new URL(`../${MODULE}`, import.meta.url)}?${source}`);
  writeFileSync(
    page,
    await format(make(module, readFileSync(page, 'utf8')), {
      ...(await resolveConfig(page)),
      filepath: page,
    }),
  );
}
