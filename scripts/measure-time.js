// How long timing Programs of 100,000 and 1,000,000 instructions takes, stage by stage, and how much memory: `node scripts/measure-time.js`.
// Each has a process of its own, so that the most memory is its own; times are those of a first run.
import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);

const MODULE = 'build/measure-time.mjs';
const tile = { m: 128, n: 128, k: 64 };
const CASES = {
  'plan 4096 x 4096 x 5120': { plan: { m: 4096, n: 4096, k: 5120 } },
  'matmul_tiled 4096 x 8192 x 8192': { tiled: { m: 4096, n: 8192, k: 8192 } },
  'loop of 25,000 turns': { turns: 25_000 },
  'plan 8192 x 8192 x 12288': { plan: { m: 8192, n: 8192, k: 12288 } },
  'loop of 250,000 turns': { turns: 250_000 },
};

const [, , chosen] = process.argv;
if (chosen === undefined) await measureAll();
else await measure(chosen);

async function measureAll() {
  await build({
    stdin: {
      contents: `
        export { trace } from './src/kernel';
        export { matmulTiled } from './src/kernels';
        export { planMatmul, planToProgram } from './src/lower';
        export { parseProgram } from './src/program';
        export { verifyProgram } from './src/verify';
        export { reportOf, timeProgram, traceChunks } from './src/time';`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    outfile: MODULE,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  for (const name of Object.keys(CASES)) {
    process.stdout.write(execFileSync(process.execPath, ['scripts/measure-time.js', name]));
  }
}

function programOf({ plan, tiled, turns }, { trace, matmulTiled, parseProgram, planMatmul, planToProgram }) {
  if (plan) return planToProgram(planMatmul({ ...plan, a: 'bfloat16', b: 'bfloat16', tile }));
  if (turns) {
    return parseProgram(`program trn2
hbm x float32 [${turns}, 128, 64] input
hbm y float32 [${turns}, 128, 64] output
sbuf t float32 partitions 0:128 elements 64 address 0
sbuf u float32 partitions 0:128 elements 64 address 256
L fori $r = 0 to ${turns} step 1 {
a dma dma_copy t p0:128 [1,64] = src x +$r*8192 [64,128][1,64]
b vector tensor_copy u p0:128 [1,64] = src t p0:128 [1,64]
c gpsimd tensor_copy t p0:128 [1,64] = src u p0:128 [1,64]
d dma dma_copy y +$r*8192 [64,128][1,64] = src t p0:128 [1,64]
}`);
  }
  const { m, n, k } = tiled;
  const input = (columns) => ({ shape: [k, columns], dtype: 'bfloat16' });
  return trace(matmulTiled, { chip: 'trn2', inputs: { lhsT: input(m), rhs: input(n) } }).program;
}

async function measure(name) {
  const systole = await import(new URL(`../${MODULE}`, import.meta.url));
  const program = programOf(CASES[name], systole);
  const megabytes = () => `${Math.round(process.resourceUsage().maxRSS / 1000)} MB`;
  const made = megabytes();
  const timed = (action) => {
    const start = performance.now();
    const value = action();
    return { value, ms: Math.round(performance.now() - start) };
  };
  const verified = timed(() => systole.verifyProgram(program).sound);
  const timing = timed(() => systole.timeProgram(program));
  const most = megabytes();
  const report = timed(() => systole.reportOf(timing.value));
  const trace = timed(() => {
    let bytes = 0;
    for (const chunk of systole.traceChunks(timing.value)) bytes += chunk.length;
    return bytes;
  });
  const scheduled = timed(() => systole.timeProgram(program, { schedule: true }));
  console.log(
    [
      `${name}: ${timing.value.instructions.length} instructions`,
      `${verified.ms} ms verified, ${timing.ms} ms verified and simulated, ${most} at most (${made} made)`,
      `report ${report.ms} ms, trace of ${Math.round(trace.value / 1e6)} MB ${trace.ms} ms`,
      `verified and simulated with loads moved too ${scheduled.ms} ms, ${megabytes()} at most with all of it`,
    ].join('\n  '),
  );
}
