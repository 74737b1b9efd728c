// How fast the interpreter on WebGPU is, on every adapter of this machine: `node scripts/measure-interpreter.js [adapter] [part ...]`.
// `product`: a bfloat16 product of 1024 x 1024 x 1024 as a Program beside the fused kernel, turn by turn. `vector`: 100,000 Vector
// instructions on [128, 32] float32, of one kind and of several in turn, each dependent on the one before. `cores`: kernels of the
// library on 1, 2, 4 and 8 cores at once. `renaming`: others with and without it. All of them when none is named; of the last two also
// the processor's time, which other work on the machine disturbs less.
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);

const MODULE = 'build/measure-interpreter.mjs';
await build({
  stdin: {
    contents: `
      export { listAdapters, openDevice } from './src/host/node';
      export { WebGpuInterpreter } from './src/execute/webgpu/interpreter';
      export { createWebGpuMatmul } from './src/execute/webgpu';
      export { trace } from './src/kernel';
      export { sizesOf } from './src/kernels/entry';
      export { libraryEntry } from './src/kernels/library';
      export { randomInputs } from './src/kernels/random';
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

const KERNELS = [
  ['softmax', { rows: 128, columns: 256 }, 'float32'],
  ['softmax', { rows: 1024, columns: 512 }, 'float32'],
  ['matmul_tiled', { m: 256, n: 512, k: 256 }, 'bfloat16'],
  ['flash_attention', { heads: 1, queries: 256, keys: 512, size: 64 }, 'bfloat16'],
];

/** A kernel of the library, and inputs of so many cores. */
function kernelOn([name, given, dtype], cores) {
  const entry = systole.libraryEntry(name);
  const sizes = systole.sizesOf(entry, given);
  const inputs = Array.from({ length: cores }, (_, core) => systole.randomInputs(entry, sizes, dtype, core));
  const { program } = systole.trace(entry.kernel(sizes), { chip: 'trn2', inputs: inputs[0] });
  const codes = (own) => Object.fromEntries(Object.entries(own).map(([input, of]) => [input, of.codes]));
  return { program, each: inputs.map(codes) };
}

/** Dispatches of a run, and how long it took by the clock and by the processor. */
async function ran(interpreter, program, inputs, options) {
  const run = await interpreter.start(program, inputs, options);
  await run.read(program.tensors[0].name); // uploaded
  const before = process.cpuUsage();
  const ms = await timed(() => run.runToEnd());
  const { user, system } = process.cpuUsage(before);
  const { dispatches } = run;
  run.release();
  return { dispatches, ms, processorMs: (user + system) / 1000 };
}

/** Ways of running, turn by turn: medians, a line each. The first run of a turn still has to do with what another left behind. */
async function compared(title, ways) {
  const results = ways.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { run }] of ways.entries()) {
      await run();
      results[at].push(await run());
    }
  }
  for (const [at, { name }] of ways.entries()) {
    const of = (field) => median(results[at].map((result) => result[field])).toFixed(0);
    console.log(
      `  ${title}, ${name}: ${of('dispatches')} dispatches, ${of('ms')} ms, ${of('processorMs')} ms of the processor`,
    );
  }
}

const titleOf = ([name, sizes, dtype]) => `${name} ${Object.values(sizes).join(' x ')} ${dtype}`;

async function cores(host) {
  const interpreter = await systole.WebGpuInterpreter.create(host.device);
  for (const kernel of KERNELS) {
    const { program, each } = kernelOn(kernel, 8);
    const ways = [1, 2, 4, 8].map((count) => ({
      name: `${count} cores`,
      run: () => ran(interpreter, program, each.slice(0, count), {}),
    }));
    await compared(titleOf(kernel), ways);
  }
}

async function renaming(host) {
  const interpreter = await systole.WebGpuInterpreter.create(host.device);
  for (const kernel of KERNELS) {
    const { program, each } = kernelOn(kernel, 1);
    const ways = [true, false].map((renames) => ({
      name: renames ? 'with renaming' : 'without',
      run: () => ran(interpreter, program, each, { renames }),
    }));
    await compared(titleOf(kernel), ways);
  }
}

const PARTS = {
  product,
  vector: async (host) => {
    for (const kinds of [1, 5]) await vector(host, kinds);
  },
  cores,
  renaming,
};

const [wanted, ...named] = process.argv.slice(2);
for (const { name } of await systole.listAdapters()) {
  if (wanted !== undefined && !name.toLowerCase().includes(wanted.toLowerCase())) continue;
  const host = await systole.openDevice({ adapter: name });
  console.log(name);
  for (const [part, measure] of Object.entries(PARTS)) {
    if (named.length === 0 || named.includes(part)) await measure(host);
  }
  host.close();
}
