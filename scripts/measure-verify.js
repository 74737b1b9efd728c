// How long tracing and verifying a Program of 100,000 instructions takes, and how much memory: `node scripts/measure-verify.js`.
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);

const MODULE = 'build/measure-verify.mjs';
await build({
  stdin: {
    contents: `
      export { trace } from './src/kernel';
      export { matmulTiled } from './src/kernels';
      export { planMatmul, planToProgram } from './src/lower';
      export { verifyProgram } from './src/verify';`,
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  outfile: MODULE,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'warning',
});
const { trace, matmulTiled, planMatmul, planToProgram, verifyProgram } = await import(
  new URL(`../${MODULE}`, import.meta.url)
);

const input = (rows, columns) => ({ shape: [rows, columns], dtype: 'bfloat16' });
const tile = { m: 128, n: 128, k: 64 };
const CASES = {
  'matmul_tiled 4096 x 8192 x 8192': () =>
    trace(matmulTiled, { chip: 'trn2', inputs: { lhsT: input(4096, 8192), rhs: input(4096, 8192) } }).program,
  'plan 4096 x 4096 x 5120': () =>
    planToProgram(planMatmul({ m: 4096, n: 4096, k: 5120, a: 'bfloat16', b: 'bfloat16', tile })),
};

for (const [name, make] of Object.entries(CASES)) {
  const start = performance.now();
  const program = make();
  const made = performance.now();
  const { findings } = verifyProgram(program);
  const end = performance.now();
  console.log(
    `${name}: ${program.instructions.length} instructions made in ${Math.round(made - start)} ms, verified in ${Math.round(end - made)} ms, ${findings.length} findings; ${Math.round(process.memoryUsage.rss() / 1e6)} MB resident`,
  );
}
