// What each member of the family of fused kernels gains, step by step: `node scripts/measure-kernels.js [part of an adapter's name]`.
// Every product is computed by the kernel as it is proved for it; members take turns, so that a busy machine slows all alike; the
// figure is the median of the rounds. docs/kernels.md has what was measured.
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);
const MODULE = 'build/measure-kernels.mjs';
const ROUNDS = 3;
const LEAST_MS = 120;

const first = {
  ...{ tileM: 8, tileN: 8, unroll: 1, lanesX: 16, lanesY: 4, stripe: 16 },
  ...{ broadcast: 0, bWords: 1, blockK: 0, split: false },
};
const row = { ...first, tileM: 16, lanesY: 1, unroll: 4 };

/** Of a square: each step changes one thing of the one before, but the last, which starts from the second. */
const steps = (lanes) => ({
  'one output an invocation (plain)': 'plain',
  'register tile 1x8': { ...first, tileM: 1 },
  'register tile 8x8': first,
  'register tile 16x8, 4 rows of K at once': { ...first, tileM: 16, unroll: 4 },
  'the words of a subgroup side by side': { ...first, tileM: 16, unroll: 4, stripe: Math.min(lanes, 16) },
  'words of A shared out in the subgroup': { ...row, stripe: lanes, broadcast: lanes >= 8 ? 8 : 4, ...(lanes >= 8 && { lanesX: 8, unroll: 2 }) }, // prettier-ignore
  'vectors of B': { ...row, stripe: Math.min(lanes, 16), broadcast: 4, bWords: 4 },
  'rows in workgroup memory': { ...first, lanesY: 8, stripe: Math.min(lanes, 16), bWords: 4, blockK: 8 },
});
const fewSteps = (lanes) => ({
  'one row a lane': first,
  'the words of a subgroup side by side': { ...first, stripe: Math.min(lanes, 16) },
  'split K': { ...first, stripe: Math.min(lanes, 16), split: true },
  'split K, vectors of B': { ...first, stripe: Math.min(lanes, 16), bWords: 4, split: true },
});
const DTYPES = { bf16: 'bfloat16', fp8: 'float8_e4m3', fp16: 'float16', fp32: 'float32' };

await build({
  stdin: {
    contents: `
      export { openDevice } from './src/host/node';
      export { createWebGpuMatmul } from './src/execute/webgpu';
      export { planMatmul } from './src/lower';
      export { encodeArray } from './src/numerics';`,
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  outfile: MODULE,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  loader: { '.wgsl': 'text' },
  logLevel: 'warning',
});
const { openDevice, createWebGpuMatmul, planMatmul, encodeArray } = await import(`../${MODULE}`);

const [, , adapter] = process.argv;
const host = await openDevice(adapter === undefined ? {} : { adapter });
const lanes = host.device.features.has('subgroups') ? host.device.adapterInfo.subgroupMinSize : 16;
console.log(`${host.facts.name}, subgroups of ${lanes}; GFLOP/s, median of ${ROUNDS} rounds\n`);
await table({ m: 512, n: 512, k: 512 }, steps(lanes));
await table({ m: 1, n: 4096, k: 4096 }, fewSteps(lanes));
host.close();
process.exit(0);

async function table(shape, members) {
  console.log([`${shape.m}x${shape.n}x${shape.k}`.padEnd(40), ...Object.keys(DTYPES).map((each) => each.padStart(7))].join('')); // prettier-ignore
  const found = new Map();
  for (const [short, dtype] of Object.entries(DTYPES)) {
    const products = [];
    for (const [name, member] of Object.entries(members))
      products.push([name, await open(member, shape, dtype)]);
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, product] of products) {
        const runs = (product.runs ??= Math.max(1, Math.ceil(LEAST_MS / (await product.runMany(1)))));
        const ms = (await product.runMany(runs)) / runs;
        const key = `${name} ${short}`;
        found.set(key, [...(found.get(key) ?? []), (2 * shape.m * shape.n * shape.k) / ms / 1e6]);
      }
    for (const [, product] of products) product.release();
  }
  for (const name of Object.keys(members)) {
    const medians = Object.keys(DTYPES).map((short) => found.get(`${name} ${short}`).sort((a, b) => a - b)[ROUNDS >> 1]); // prettier-ignore
    console.log([name.padEnd(40), ...medians.map((each) => each.toPrecision(3).padStart(7))].join(''));
  }
  console.log('');
}

async function open(member, { m, n, k }, dtype) {
  const plain = member === 'plain';
  const matmul = await createWebGpuMatmul(host.device, plain ? {} : { tuning: member });
  const plan = planMatmul({ m, n, k, a: dtype, b: dtype, chip: 'trn2' });
  const values = (length) =>
    encodeArray(
      dtype,
      Float32Array.from({ length }, () => Math.random() - 0.5),
    );
  const product = await matmul.prepare(plan, { a: values(m * k), b: values(k * n) }, { kernel: plain ? 'plain' : 'fused' }); // prettier-ignore
  await product.run();
  return product;
}
