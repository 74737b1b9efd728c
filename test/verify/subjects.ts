/** Programs that are right, with small-integer inputs and what must come out: what faults are seeded into. */
import { runProgram } from '../../src/execute/reference';
import { trace, type Kernel } from '../../src/kernel';
import { KERNELS } from '../../src/kernels';
import { planMatmul, planToProgram, type MatmulRequest } from '../../src/lower';
import { decodeArray, encodeArray } from '../../src/numerics';
import type { CodeArray } from '../../src/numerics';
import { parseProgram } from '../../src/program';
import type { HbmTensor, Program } from '../../src/program';
import { inputsFor } from './kernels';
import { numbersFrom, type Subject } from './subject';
import { gathersAndSearches } from './subjects-gpsimd';
import { mxSubjects } from './subjects-mx';
import { randomSubjects } from './subjects-random';

const sizeOf = ({ shape }: HbmTensor) => shape.reduce((product, extent) => product * extent, 1);

/**
 * Values of 1 to 7: exact in every format, as are their products and the sums of a few thousand of them in float32. None is zero, so
 * that every product that is missing, or there twice, changes the sum.
 */
function smallIntegers(program: Program, seed: number): Record<string, CodeArray> {
  const next = numbersFrom(seed);
  const inputs = program.tensors
    .filter((tensor) => tensor.space === 'hbm')
    .filter(({ role }) => role === 'input');
  return Object.fromEntries(
    inputs.map((tensor) => {
      const values = Float32Array.from({ length: sizeOf(tensor) }, () => 1 + (next() % 7));
      return [tensor.name, encodeArray(tensor.dtype, values)];
    }),
  );
}

type Matrix = (row: number, column: number) => number;

/** sum over k of left(k, m) * right(k, n), plus before(m, n), as float32 codes. */
function product(
  m: number,
  n: number,
  k: number,
  left: Matrix,
  right: Matrix,
  before: Matrix = () => 0,
): CodeArray {
  const sums = Float32Array.from({ length: m * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    let sum = before(row, column);
    for (let step = 0; step < k; step++) sum += left(step, row) * right(step, column);
    return sum;
  });
  return encodeArray('float32', sums);
}

/** A matrix of decoded codes that are `width` a row. */
function matrix(program: Program, inputs: Subject['inputs'], name: string): Matrix {
  const tensor = program.tensors.find((each) => each.name === name);
  const codes = inputs[name];
  if (tensor?.space !== 'hbm' || codes === undefined) throw new Error(`no input ${name}`);
  const values = decodeArray(tensor.dtype, codes);
  const width = tensor.shape[1] ?? 1;
  return (row, column) => values[row * width + column] ?? NaN;
}

function lowered(name: string, request: MatmulRequest, seed: number): Subject {
  const plan = planMatmul(request);
  const program = planToProgram(plan);
  const inputs = smallIntegers(program, seed);
  const a = matrix(program, inputs, 'a');
  const left: Matrix = plan.aLayout === 'k-major' ? a : (k, m) => a(m, k);
  const c = plan.accumulate ? matrix(program, inputs, 'c') : undefined;
  const out = product(plan.m, plan.n, plan.k, left, matrix(program, inputs, 'b'), c);
  return { name, program, inputs, expected: { out } };
}

/** Rows that differ in slope, for softmax, which sees no difference in offset; the last element is the largest, so that none can be left out. */
function ascending(program: Program): Record<string, CodeArray> {
  const [x] = program.tensors.filter((tensor) => tensor.space === 'hbm');
  const columns = x?.shape[1] ?? 1;
  const value = (index: number) => ((1 + (Math.floor(index / columns) % 5)) * (1 + (index % columns))) / 64;
  const length = x === undefined ? 0 : sizeOf(x);
  return {
    x: encodeArray(
      'float32',
      Float32Array.from({ length }, (_, index) => value(index)),
    ),
  };
}

/** The matmuls and the transpose against plain loops; softmax and rmsnorm against their own run, since only a change is looked for. */
function own(kernel: Kernel, seed: number): Subject {
  const shapes = inputsFor(kernel, 'small');
  const { program } = trace(kernel, { chip: 'trn2', inputs: shapes });
  const inputs = kernel.name === 'softmax' ? ascending(program) : smallIntegers(program, seed);
  const [first = [], second = []] = Object.values(shapes).map(({ shape }) => shape);
  const [rows = 1, columns = 1] = first;
  const given = (input: string) => matrix(program, inputs, input);
  if (kernel.inputs[0] === 'lhsT') {
    const result = product(columns, second[1] ?? 1, rows, given('lhsT'), given('rhs'));
    return { name: kernel.name, program, inputs, expected: { result } };
  }
  if (kernel.name === 'transpose') {
    const x = given('x');
    const values = Float32Array.from({ length: rows * columns }, (_, index) =>
      x(index % rows, Math.floor(index / rows)),
    );
    return { name: kernel.name, program, inputs, expected: { result: encodeArray('float32', values) } };
  }
  return { name: kernel.name, program, inputs, expected: runProgram(program, inputs) };
}

/** y = 2 x + 1, in a loop over a register. */
function looped(seed: number): Subject {
  const program = parseProgram(
    [
      'program trn2',
      'hbm x float32 [32, 24] input',
      'hbm y float32 [32, 24] output',
      'sbuf t float32 partitions 0:8 elements 24 address 0',
      'sbuf u float32 partitions 0:8 elements 24 address 128',
      'sbuf o float32 partitions 0:8 elements 24 address 256',
      'one vector memset o p0:8 [1,24] = code 1065353216',
      'rows fori $i = 0 to 4 step 1 {',
      'load dma dma_copy t p0:8 [1,24] = src x +$i*192 [24,8][1,24]',
      'twice vector tensor_tensor u p0:8 [1,24] = data1 t p0:8 [1,24], data2 t p0:8 [1,24], op add',
      'plus vector tensor_tensor u p0:8 [1,24] = data1 u p0:8 [1,24], data2 o p0:8 [1,24], op add; after one',
      'store dma dma_copy y +$i*192 [24,8][1,24] = src u p0:8 [1,24]',
      '}',
    ].join('\n'),
  );
  const inputs = smallIntegers(program, seed);
  const x = matrix(program, inputs, 'x');
  const values = Float32Array.from(
    { length: 32 * 24 },
    (_, index) => 2 * x(Math.floor(index / 24), index % 24) + 1,
  );
  return { name: 'loop', program, inputs, expected: { y: encodeArray('float32', values) } };
}

/** The elements of each row in one order of their own for each half of the rows, then in another: gathered, then scattered, on trn3. */
function indirect(): Subject {
  const [rows, columns] = [32, 24];
  const program = parseProgram(
    [
      'program trn3',
      'hbm x float32 [32, 24] input',
      'hbm from uint16 [32, 2] input',
      'hbm to uint16 [32, 2] input',
      'hbm y float32 [32, 24] output',
      'sbuf f uint16 partitions 0:32 elements 2 address 0',
      'sbuf t uint16 partitions 0:32 elements 2 address 64',
      'sbuf a float32 partitions 0:32 elements 24 address 128',
      'sbuf b float32 partitions 0:32 elements 24 address 256',
      'sbuf c float32 partitions 0:32 elements 24 address 384',
      'load-f dma dma_copy f p0:32 [1,2] = src from [2,32][1,2]',
      'load-t dma dma_copy t p0:32 [1,2] = src to [2,32][1,2]',
      'load dma dma_copy a p0:32 [1,24] = src x [24,32][1,24]',
      'gather vector tensor_copy b p0:32 [1,24] = src a p0:32 [0,24] by f p0:32 [1,2]',
      'scatter scalar activation c p0:32 [0,24] by t p0:32 [1,2] = data b p0:32 [1,24], op square',
      'store dma dma_copy y [24,32][1,24] = src c p0:32 [1,24]',
    ].join('\n'),
  );
  // Multipliers prime to 24 permute its columns. Partition p of the index holds the offsets of elements p mod 16 and that + 16.
  const order = (multiplier: number) => (row: number, element: number) =>
    (element * multiplier + Math.floor(row / 16)) % columns;
  const [from, to] = [order(5), order(7)];
  const index = (of: typeof from) =>
    encodeArray(
      'uint16',
      Float32Array.from({ length: rows * 2 }, (_, at) => of(at >> 1, ((at >> 1) % 16) + 16 * (at & 1))),
    );
  const x = Float32Array.from({ length: rows * columns }, (_, at) => 1 + at);
  const y = new Float32Array(x.length);
  for (let row = 0; row < rows; row++) {
    for (let element = 0; element < columns; element++) {
      const value = x[row * columns + from(row, element)] ?? NaN;
      y[row * columns + to(row, element)] = value * value;
    }
  }
  const inputs = { x: encodeArray('float32', x), from: index(from), to: index(to) };
  return { name: 'indirect', program, inputs, expected: { y: encodeArray('float32', y) } };
}

/** No tile has fewer than four elements along an axis, so that two of them are hardly ever equal. */
const REQUESTS: Readonly<Record<string, MatmulRequest>> = {
  'tiles and groups': {
    ...{ m: 20, n: 28, k: 36, a: 'bfloat16', b: 'bfloat16', chip: 'trn1', aLayout: 'row-major' },
    tile: { m: 8, n: 8, k: 8 },
    block: { m: 16, n: 16, k: 16 },
  },
  'added to C': {
    ...{
      m: 20,
      n: 12,
      k: 20,
      a: 'float16',
      b: 'bfloat16',
      chip: 'trn2',
      aLayout: 'k-major',
      accumulate: true,
    },
    tile: { m: 8, n: 8, k: 8 },
    block: { m: 8, n: 8, k: 20 },
  },
  'double row': {
    ...{ m: 12, n: 20, k: 48, a: 'float8_e4m3', b: 'float8_e5m2', chip: 'trn2' },
    tile: { m: 8, n: 8, k: 16 },
    block: { m: 16, n: 16, k: 48 },
  },
  'float32 on trn3': {
    ...{
      m: 36,
      n: 24,
      k: 20,
      a: 'float32',
      b: 'float32',
      chip: 'trn3',
      aLayout: 'k-major',
      accumulate: true,
    },
    tile: { m: 16, n: 8, k: 8 },
    block: { m: 32, n: 16, k: 8 },
  },
};

export function subjects(): readonly Subject[] {
  return [
    ...Object.entries(REQUESTS).map(([name, request], index) => lowered(name, request, index)),
    looped(9),
    gathersAndSearches(),
    indirect(),
    ...mxSubjects(),
    ...randomSubjects(),
    ...KERNELS.map((kernel, index) => own(kernel, 100 + index)),
  ];
}
