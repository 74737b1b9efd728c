import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planMatmul, planToProgram } from '../../src/lower';
import { UserError } from '../../src/numerics';
import { fromJSON, MAX_INSTRUCTIONS, MAX_LOOP_DEPTH, OPCODES, toJSON } from '../../src/program';
import { anyInstructionProgram, anyProgram } from './arbitrary';

const text = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a Program survives JSON', () => {
  test('with its loops', () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        expect(fromJSON(text(toJSON(program)))).toEqual(program);
      }),
      { numRuns: 300 },
    );
  });

  test.each(OPCODES)('%s', (opcode) => {
    fc.assert(
      fc.property(anyInstructionProgram(opcode), (program) => {
        expect(fromJSON(text(toJSON(program)))).toEqual(program);
      }),
      { numRuns: 30 },
    );
  });
});

const program = planToProgram(planMatmul({ m: 2, n: 3, k: 4, a: 'bfloat16', b: 'bfloat16' }));
const json = JSON.stringify(toJSON(program));

test.each([
  ['"systole program"', '"other"', 'program.format must be one of systole program, received "other".'],
  ['"version":2', '"version":1', 'program.version must be 2: write the Program again with this version'],
  ['"trn2"', '"trn9"', 'program.chip must be one of trn1, trn2, trn3, received "trn9".'],
  [
    '"space":"hbm"',
    '"space":"dram"',
    'program.tensors[0].space must be one of hbm, sbuf, psum, received "dram".',
  ],
  ['"role":"input"', '"roll":"input"', 'program.tensors[0] has no field "roll".'],
  [',"role":"input"', '', 'program.tensors[0].role must be one of input, output, scratch, received nothing.'],
  [
    '"shape":[2,4]',
    '"shape":[2,-4]',
    'program.tensors[0].shape[1] must be a whole number of at least 0, received -4.',
  ],
  ['"shape":[2,4]', '"shape":8', 'program.tensors[0].shape must be a list, received 8.'],
  ['"bfloat16"', '"bf16"', 'program.tensors[0].dtype must be one of float32, '],
  [
    '"name":"b"',
    '"name":"a"',
    'program.tensors[1].name must differ from program.tensors[0].name, received "a".',
  ],
  [
    '"name":"b"',
    '"name":"b c"',
    'program.tensors[1].name must be 1 to 200 letters, digits, "_", "." and "-"',
  ],
  [
    '"opcode":"dma_copy"',
    '"opcode":"dma"',
    'program.instructions[0].opcode must be one of dma_copy, dma_transpose',
  ],
  [
    '"dims":[[1,2]]',
    '"dims":[[1,2,3]]',
    'program.instructions[0].dst.dims[0] must be [stride, count], the count at least 0, received [1,2,3].',
  ],
  [
    '"src":{"space":"hbm","tensor":"a",',
    '"src":{"space":"hbm","tensor":"x",',
    'program.instructions[0].sources.src.tensor must be a tensor of this Program in hbm, received "x".',
  ],
  [
    '"dst":{"space":"sbuf","tensor":"a0",',
    '"dst":{"space":"psum","tensor":"a0",',
    'program.instructions[0].dst.tensor must be a tensor of this Program in psum, received "a0 in sbuf".',
  ],
  ['"accumulate":false', '"accumulate":0', '.attributes.accumulate must be true or false, received 0.'],
  ['"offset":0', '"offset":0.5', '.offset must be a whole number, received 0.5.'],
  ['"id":"m0.n0.p0.load-a"', '"id":1', 'program.instructions[0].id must be 1 to 200 letters'],
  [
    '"id":"m0.n0.p0.load-b"',
    '"id":"m0.n0.p0.load-a"',
    'program.instructions[1].id must differ from program.instructions[0].id, received "m0.n0.p0.load-a".',
  ],
  [
    '"opcode":"dma_copy","id":"m0.n0.p0.load-a"',
    '"at":"one\\ntwo","opcode":"dma_copy","id":"m0.n0.p0.load-a"',
    'program.instructions[0].at must be "file:line:column" on one line, received "one\\ntwo".',
  ],
  [
    '"opcode":"dma_copy","id":"m0.n0.p0.load-a"',
    '"after":[],"opcode":"dma_copy","id":"m0.n0.p0.load-a"',
    'program.instructions[0].after must be a list of at least one id, or absent, received [].',
  ],
  [
    '"opcode":"dma_copy","id":"m0.n0.p0.load-a"',
    '"after":["m0 n0"],"opcode":"dma_copy","id":"m0.n0.p0.load-a"',
    'program.instructions[0].after[0] must be 1 to 200 letters',
  ],
])('%s as %s is refused', (from, to, message) => {
  expect(json).toContain(from);
  const read = () => fromJSON(JSON.parse(json.replace(from, to)));
  expect(read).toThrow(UserError);
  expect(read).toThrow(message);
});

test('a mistake in a loop has its path', () => {
  const move = {
    opcode: 'register_move',
    id: 'a',
    engine: 'sync',
    sources: {},
    attributes: { register: 'r' },
  };
  const wrap = (body: unknown) => ({
    ...toJSON(program),
    instructions: [{ loop: 'while', id: 'l', register: 'r', body }],
  });
  expect(() => fromJSON(wrap([move]))).not.toThrow();
  const path = 'program.instructions[0].body[1]';
  expect(() => fromJSON(wrap([move, move]))).toThrow(
    `${path}.id must differ from program.instructions[0].body[0].id`,
  );
  expect(() => fromJSON(wrap([move, { ...move, dst: {} }]))).toThrow(
    `${path}.dst must be absent, received {}.`,
  );
  expect(() => fromJSON(wrap([move, { ...move, attributes: { register: '$r' } }]))).toThrow(
    `${path}.attributes.register must be 1 to 200 letters`,
  );
});

test('what is larger than a Program may be is refused before its instructions are read', () => {
  const many = { ...toJSON(program), instructions: new Array<unknown>(MAX_INSTRUCTIONS + 1).fill(0) };
  expect(() => fromJSON(many)).toThrow(
    'program.instructions has 5000001 instructions and loops, more than the 5000000 that a Program may have: take larger tiles',
  );
  const loops = (depth: number): unknown[] =>
    depth === 0 ? [] : [{ loop: 'while', id: `l${depth}`, register: 'r', body: loops(depth - 1) }];
  const nested = (depth: number) => ({ ...toJSON(program), instructions: loops(depth) });
  expect(() => fromJSON(nested(MAX_LOOP_DEPTH))).not.toThrow();
  expect(() => fromJSON(nested(MAX_LOOP_DEPTH + 1))).toThrow(
    /^program\.instructions\[0\](\.body\[0\]){32} is a loop within 32 others, and at most 32 may lie in each other\.$/,
  );
});

test('other JSON is refused', () => {
  expect(() => fromJSON([])).toThrow('program must be an object, received [].');
  expect(() => fromJSON(undefined)).toThrow('program must be an object, received nothing.');
});

type Path = readonly (string | number)[];

/** The paths of everything in a JSON value. */
function* pathsOf(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield* pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** The same value with another at a path. */
function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((inner: unknown, index) => (index === key ? replaced(inner, rest, by) : inner));
  }
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(
    inner.map(([name, each]) => [name, name === key ? replaced(each, rest, by) : each]),
  );
}

test('JSON that was tampered with is a Program, or is refused in words with the path', () => {
  const odd = fc.constantFrom<unknown>(null, true, -1, 0.5, 1e300, '', 'x', [], {}, [[]], [null]);
  const tampered = anyProgram.chain((whole) => {
    const value = text(toJSON(whole));
    return fc.tuple(fc.constantFrom(...pathsOf(value)), odd).map(([path, by]) => replaced(value, path, by));
  });
  fc.assert(
    fc.property(tampered, (value) => {
      try {
        const read = fromJSON(value);
        expect(fromJSON(text(toJSON(read)))).toEqual(read);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.message).toMatch(/^program.* (must|has) .+\.$/);
      }
    }),
    { numRuns: 500 },
  );
});

test('the tensor of an index is one of the Program, in the memory that it says', () => {
  const tile = { space: 'sbuf', dtype: 'float32', partition: 0, partitions: 1 } as const;
  const pattern = { ...tile, tensor: 'x', offset: 0, dims: [[0, 1]] };
  const index = (more: object) => ({ ...pattern, index: { ...pattern, dims: [[1, 1]], ...more } });
  const read = (dst: object, src: object) =>
    fromJSON({
      format: 'systole program',
      version: 2,
      chip: 'trn3',
      tensors: [{ ...tile, name: 'x', elements: 8, address: 0 }],
      instructions: [
        { opcode: 'tensor_copy', id: 'c', engine: 'vector', dst, sources: { src }, attributes: {} },
      ],
    });
  expect(read(index({}), pattern).instructions).toMatchObject([
    { dst: index({}), sources: { src: pattern } },
  ]);
  expect(() => read(index({ tensor: 'y' }), pattern)).toThrow(
    'program.instructions[0].dst.index.tensor must be a tensor of this Program in sbuf, received "y".',
  );
  expect(() => read(pattern, index({ space: 'psum' }))).toThrow(
    'program.instructions[0].sources.src.index.tensor must be a tensor of this Program in psum, received "x in sbuf".',
  );
});
