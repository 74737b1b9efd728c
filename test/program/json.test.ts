import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planMatmul, planToProgram } from '../../src/lower';
import { UserError } from '../../src/numerics';
import { fromJSON, toJSON } from '../../src/program';
import { anyProgram } from './arbitrary';

const text = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a Program survives JSON', () => {
  fc.assert(
    fc.property(anyProgram, (program) => {
      expect(JSON.stringify(fromJSON(text(toJSON(program))))).toBe(JSON.stringify(program));
    }),
  );
});

const program = planToProgram(planMatmul({ m: 2, n: 3, k: 4, a: 'bfloat16', b: 'bfloat16' }));
const json = JSON.stringify(toJSON(program));

test.each([
  ['"systole program"', '"other"', 'program.format must be one of systole program, received "other".'],
  ['"version":1', '"version":2', 'program.version must be 1, received 2'],
  ['"trn2"', '"trn9"', 'program.chip must be one of trn1, trn2, trn3, received "trn9".'],
  [
    '"space":"hbm"',
    '"space":"dram"',
    'program.tensors[0].space must be one of hbm, sbuf, psum, received "dram".',
  ],
  ['"role":"input"', '"roll":"input"', 'program.tensors[0] has no field "roll".'],
  [',"role":"input"', '', 'program.tensors[0].role must be one of input, output, received nothing.'],
  [
    '"shape":[2,4]',
    '"shape":[2,-4]',
    'program.tensors[0].shape[1] must be a whole number of at least 0, received -4.',
  ],
  ['"shape":[2,4]', '"shape":8', 'program.tensors[0].shape must be a list, received 8.'],
  ['"bfloat16"', '"bf16"', 'program.tensors[0].dtype must be one of float32, '],
  [
    '"opcode":"dma_copy"',
    '"opcode":"dma"',
    'program.instructions[0].opcode must be one of dma_copy, nc_matmul',
  ],
  [
    '"dims":[[1,2]]',
    '"dims":[[1,2,3]]',
    'program.instructions[0].dst.dims[0] must be [stride, count], received [1,2,3].',
  ],
  ['"accumulate":false', '"accumulate":0', '.attributes.accumulate must be true or false, received 0.'],
  ['"offset":0', '"offset":0.5', '.offset must be a whole number, received 0.5.'],
  ['"id":"m0.n0.p0.load-a"', '"id":1', 'program.instructions[0].id must be a string, received 1.'],
])('%s as %s is refused', (from, to, message) => {
  expect(json).toContain(from);
  const read = () => fromJSON(JSON.parse(json.replace(from, to)));
  expect(read).toThrow(UserError);
  expect(read).toThrow(message);
});

test('other JSON is refused', () => {
  expect(() => fromJSON([])).toThrow('program must be an object, received [].');
  expect(() => fromJSON(undefined)).toThrow('program must be an object, received nothing.');
});
