// How fast the interpreter on WebGPU is, on every adapter of this machine: `node scripts/measure-interpreter.js`. A bfloat16 product of
// 1024 x 1024 x 1024 as a Program beside the fused kernel, turn by turn; and 100,000 Vector instructions on [128, 32] float32, of one
// kind and of several in turn, each dependent on the one before.
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);

const MODULE = 'build/measure-interpreter.mjs';
await build({
  stdin: {
    contents: `
      export { listAdapters, openDevice } from './src/host/node';
      export { WebGpuInterpreter } from './src/execute/webgpu/interpreter';
      export { createWebGpuMatmul } from './src/execute/webgpu';
      export { planMatmul, planToProgram } from './src/lower';
      export { codeArray, encodeArray } from './src/numerics';`,
    resolveDir: process.cwd(),
    loader: 'ts',
  },
  outfile: MODULE,
  bundle: true,
  format: 'esm',
  platform: 'node',
  loader: { '.wgsl': 'text' },
  packages: 'external',
  logLevel: 'warning',
});
const systole = await import(new URL(`../${MODULE}`, import.meta.url));

const ROUNDS = 5;
const SIZE = 1024;
const INSTRUCTIONS = 100_000;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function timed(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

function operand(count, seed) {
  let state = seed;
  const next = () => (state = Math.imul(state, 1664525) + 1013904223);
  return systole.encodeArray(
    'bfloat16',
    Float32Array.from({ length: count }, () => next() / 2 ** 31),
  );
}

async function product(host) {
  const plan = systole.planMatmul({
    m: SIZE,
    n: SIZE,
    k: SIZE,
    a: 'bfloat16',
    b: 'bfloat16',
    out: 'float32',
  });
  const program = systole.planToProgram(plan);
  const operands = { a: operand(SIZE * SIZE, 1), b: operand(SIZE * SIZE, 2) };
  const matmul = await systole.createWebGpuMatmul(host.device);
  await matmul.tune();
  const prepared = await matmul.prepare(plan, operands);
  const interpreter = await systole.WebGpuInterpreter.create(host.device);
  const times = { fused: [], interpreted: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const fused = await timed(() => prepared.run());
    const run = await interpreter.start(program, operands);
    await run.read('a'); // uploaded
    const interpreted = await timed(() => run.runToEnd());
    run.release();
    if (round === 0) continue;
    times.fused.push(fused);
    times.interpreted.push(interpreted);
  }
  prepared.release?.();
  const [fused, interpreted] = [median(times.fused), median(times.interpreted)];
  const gflops = (ms) => ((2 * SIZE ** 3) / ms / 1e6).toFixed(2);
  console.log(
    `  bfloat16 ${SIZE}^3: fused ${fused.toFixed(0)} ms (${gflops(fused)} GFLOP/s), interpreted ${interpreted.toFixed(0)} ms (${gflops(interpreted)}), ${(interpreted / fused).toFixed(2)} times`,
  );
}

function chain(kinds) {
  const [partitions, elements] = [128, 32];
  const hbm = { space: 'hbm', name: 'x', dtype: 'float32', shape: [partitions, elements], role: 'input' };
  const sbuf = (name, address) => ({
    space: 'sbuf',
    name,
    dtype: 'float32',
    partition: 0,
    partitions,
    elements,
    address,
  });
  const on = (tensor) => ({
    space: 'sbuf',
    tensor,
    dtype: 'float32',
    partition: 0,
    partitions,
    offset: 0,
    dims: [[1, elements]],
  });
  const makers = [
    (id, dst, src) => ({
      opcode: 'tensor_tensor',
      id,
      engine: 'vector',
      dst,
      sources: { data1: src, data2: on('b') },
      attributes: { op: 'add' },
    }),
    (id, dst, src) => ({
      opcode: 'tensor_tensor',
      id,
      engine: 'vector',
      dst,
      sources: { data1: src, data2: on('b') },
      attributes: { op: 'multiply' },
    }),
    (id, dst, src) => ({
      opcode: 'tensor_scalar',
      id,
      engine: 'vector',
      dst,
      sources: { data: src },
      attributes: { op0: 'multiply', operand0: 0.5, op1: 'add', operand1: 1 },
    }),
    (id, dst, src) => ({
      opcode: 'tensor_copy',
      id,
      engine: 'vector',
      dst,
      sources: { src },
      attributes: {},
    }),
    (id, dst, src) => ({
      opcode: 'tensor_tensor',
      id,
      engine: 'vector',
      dst,
      sources: { data1: src, data2: on('b') },
      attributes: { op: 'maximum' },
    }),
  ].slice(0, kinds);
  const copy = (name) => ({
    opcode: 'dma_copy',
    id: `load_${name}`,
    engine: 'sync',
    dst: on(name),
    sources: {
      src: { space: 'hbm', tensor: 'x', dtype: 'float32', offset: 0, dims: [[1, partitions * elements]] },
    },
    attributes: {},
  });
  const body = Array.from({ length: INSTRUCTIONS }, (_, at) => {
    const [dst, src] = at % 2 === 0 ? ['c', 'a'] : ['a', 'c'];
    return makers[at % makers.length](`i${at}`, on(dst), on(src));
  });
  return {
    chip: 'trn2',
    tensors: [hbm, sbuf('a', 0), sbuf('b', 128), sbuf('c', 256)],
    instructions: [copy('a'), copy('b'), ...body],
  };
}

async function vector(host, kinds) {
  const interpreter = await systole.WebGpuInterpreter.create(host.device);
  const program = chain(kinds);
  const x = systole.codeArray('float32', 128 * 32).fill(0x3f000000);
  const run = await interpreter.start(program, { x });
  const ms = await timed(() => run.runToEnd());
  run.release();
  console.log(
    `  ${INSTRUCTIONS} Vector instructions on [128, 32] float32, ${kinds} kinds in turn: ${(ms / 1000).toFixed(2)} s`,
  );
}

const wanted = process.argv[2];
for (const { name } of await systole.listAdapters()) {
  if (wanted !== undefined && name !== wanted) continue;
  const host = await systole.openDevice({ adapter: name });
  console.log(name);
  await product(host);
  for (const kinds of [1, 5]) await vector(host, kinds);
  host.close();
}
