import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/numerics';
import { MAX_LOOP_DEPTH, OPCODES, parseProgram, printProgram } from '../../src/program';
import type { Program } from '../../src/program';
import { anyInstructionProgram, anyProgram } from './arbitrary';

describe('a Program survives its text', () => {
  test('with its loops', () => {
    fc.assert(
      fc.property(anyProgram, (program) => {
        expect(parseProgram(printProgram(program))).toEqual(program);
      }),
      { numRuns: 300 },
    );
  });

  test.each(OPCODES)('%s', (opcode) => {
    fc.assert(
      fc.property(anyInstructionProgram(opcode), (program) => {
        const text = printProgram(program);
        expect(parseProgram(text)).toEqual(program);
        expect(printProgram(parseProgram(text))).toBe(text);
      }),
      { numRuns: 30 },
    );
  });
});

const tile = { space: 'sbuf', dtype: 'float32', partition: 0, partitions: 4 } as const;
const x = { ...tile, tensor: 'x', offset: 0, dims: [[1, 8]] } as const;

/** One of everything that the text has. */
const every: Program = {
  chip: 'trn2',
  tensors: [
    { space: 'hbm', name: 'in', dtype: 'bfloat16', shape: [4, 64], role: 'input' },
    { space: 'hbm', name: 'one', dtype: 'int32', shape: [], role: 'scratch' },
    { name: 'x', elements: 8, address: 64, ...tile },
    { name: 'y', elements: 8, address: 128, ...tile },
    { space: 'psum', name: 'sum', dtype: 'float32', partition: 0, partitions: 4, elements: 8, bank: 3 },
  ],
  instructions: [
    {
      opcode: 'register_move',
      id: 'start',
      engine: 'sync',
      at: 'my kernels/softmax.ts:3:7',
      dst: undefined,
      sources: {},
      attributes: { register: 'turns', value: 4 },
    },
    {
      loop: 'fori',
      id: 'rows',
      at: 'softmax.ts:4:3',
      register: 'i',
      lower: 0,
      upper: { register: 'turns' },
      step: 2,
      body: [
        {
          opcode: 'dma_copy',
          id: 'load',
          engine: 'dma',
          dst: x,
          sources: {
            src: {
              space: 'hbm',
              tensor: 'in',
              dtype: 'bfloat16',
              offset: 63,
              registers: [
                ['i', 64],
                ['turns', -1],
              ],
              dims: [
                [64, 4],
                [-1, 8],
              ],
            },
          },
          attributes: {},
        },
        {
          loop: 'while',
          id: 'again',
          register: 'turns',
          body: [
            {
              opcode: 'register_load',
              id: 'next',
              engine: 'vector',
              dst: undefined,
              sources: { src: { space: 'hbm', tensor: 'one', dtype: 'int32', offset: 0, dims: [] } },
              attributes: { register: 'turns' },
            },
          ],
        },
      ],
    },
    {
      opcode: 'tensor_scalar',
      id: 'scale',
      engine: 'vector',
      dst: { ...x, tensor: 'y', dtype: 'int32' },
      sources: { data: x, operand1: { ...x, offset: 3, dims: [[1, 1]] } },
      attributes: { op0: 'maximum', operand0: -Infinity, op1: 'add', reverse1: true },
    },
    {
      opcode: 'nc_match_replace8',
      id: 'drop',
      engine: 'vector',
      at: 'softmax.ts:9:3',
      after: ['start', 'scale'],
      dst: x,
      results: { dst_idx: { ...x, tensor: 'y', dtype: 'uint32' } },
      sources: { data: x, vals: x },
      attributes: { imm: -0, saturate: true },
    },
    {
      opcode: 'affine_select',
      id: 'mask',
      engine: 'gpsimd',
      dst: x,
      sources: { on_true: x },
      attributes: {
        pattern: [
          [-1, 2],
          [0, 4],
        ],
        offset: -3,
        on_false_value: NaN,
        cmp_op: 'greater',
      },
    },
  ],
};

test('everything that the text has prints as it always has, and is read back', async () => {
  const text = printProgram(every);
  await expect(text).toMatchFileSnapshot('../golden/program-every.txt');
  expect(parseProgram(text)).toEqual(every);
});

test('the order of names, blank lines, comments, more blanks and other line ends make no difference', () => {
  const text = printProgram(every)
    .replace('imm -0, saturate true', 'saturate true,  imm -0')
    .replace('op1 add, reverse1 true', 'reverse1 true, op1 add')
    .replace('; after start, scale', ' ;  after  start,  scale ')
    .replaceAll('\n', '\r\n\r\n  # a comment\r\n');
  expect(parseProgram(text)).toEqual(every);
});

test.each([
  ['program trn2', 'trn2', 'line 1: the first line must be written as program CHIP, received "trn2".'],
  ['program trn2', 'program trn9', 'line 1: the chip must be one of trn1, trn2, trn3, received "trn9".'],
  ['[4, 64] input', '[4, x] input', 'line 2: shape[1] must be a whole number of at least 0, received "x".'],
  [
    '[4, 64] input',
    '[4, 64]',
    'line 2: a tensor must be written as hbm NAME DTYPE [EXTENT, ...] input|output',
  ],
  ['hbm in bfloat16', 'hbm in bf16', 'line 2: dtype must be one of float32, tfloat32, bfloat16'],
  ['hbm one ', 'hbm 1 ', 'line 3: name must be 1 to 200 letters, digits, "_", "." and "-"'],
  ['hbm one ', 'hbm in ', 'line 3: the name of the tensor must differ from that of line 2, received'],
  [' bank 3', ' address 3', 'line 6: a tensor must be written as psum NAME DTYPE partitions FIRST:COUNT'],
  ['start sync', 'start snc', 'line 7: engine must be one of tensor, vector, scalar, gpsimd, sync, dma'],
  [
    'register_move',
    'register_mov',
    'line 7: opcode must be that of an instruction, received "register_mov".',
  ],
  ['value 4', 'value 4.5', 'line 7: attributes.value must be a whole number, received 4.5.'],
  [
    'value 4',
    'values 4',
    'line 7: what follows the = must be sources and attributes of register_move (register',
  ],
  ['register turns, value', 'value', 'line 7: attributes.register must be 1 to 200 letters'],
  ['fori $i = 0', 'fori i = 0', 'line 8: a loop must be written as "ID fori $REGISTER = LOWER to UPPER'],
  ['step 2', 'step 0', 'line 8: step must be a whole number of at least 1, received 0.'],
  ['[64,4][-1,8]', '[64,4][-1,8', 'line 9: sources.src.dims must be a list, received "[64,4][-1,8".'],
  [
    '[64,4][-1,8]',
    '[64][-1,8]',
    'line 9: sources.src.dims[0] must be [stride, count], the count at least 0, received [64].',
  ],
  ['+63', '+63.5', 'line 9: sources.src.offset must be a whole number, received 63.5.'],
  ['+$i*64', '+$i', 'line 9: sources.src.registers[0] must be [register, stride], received ["i",null].'],
  [
    'x p0:4 [1,8] = src',
    'x [1,8] = src',
    'line 9: dst.partition must be a whole number of at least 0, received',
  ],
  ['dma_copy x', 'dma_copy z', 'line 9: the tensor of a pattern must be declared at the top, received "z".'],
  ['again while', 'load while', 'line 10: the id must differ from that of line 9, received "load".'],
  ['  }', '', 'line 8: the loop "rows" has no } after its body.'],
  ['= data x p0:4 [1,8], op', '= op', 'line 14: sources.data must be an object, received nothing.'],
  ['as int32', 'at int32', 'line 14: the pattern of y must be written as pFIRST:COUNT'],
  [
    'operand0 -inf',
    'operand0 minus',
    'line 14: attributes.operand0 must be a number, "inf", "-inf" or "nan"',
  ],
  ['op0 maximum', 'op0 max', 'line 14: attributes.op0 must be one of add, subtract'],
  ['op0 maximum', 'op0 maximun', '"maximun"; the nearest is maximum.'],
  ['op1 add,', 'op0 add,', 'line 14: op0 is given twice.'],
  [
    'dst_idx y',
    'index y',
    'line 15: what nc_match_replace8 writes after dst must be dst_idx, received "index".',
  ],
  ['saturate true', 'saturate yes', 'line 15: attributes.saturate must be true or false, received "yes".'],
  [
    '; after start',
    '; before start',
    'line 15: what follows the ; must be written as after ID, ID, received "before start, scale".',
  ],
  ['; after start, scale', '; after', 'line 15: after[0] must be 1 to 200 letters, digits, "_", "." and'],
  [
    'after start, scale',
    'after start, 5',
    'line 15: after[1] must be 1 to 200 letters, digits, "_", "." and',
  ],
  [
    'mask gpsimd affine_select x p0:4 [1,8] =',
    'mask',
    'line 16: an instruction must be written as ID ENGINE',
  ],
])('%s as %s is refused', (from, to, message) => {
  const text = printProgram(every);
  expect(text).toContain(from);
  const read = () => parseProgram(text.replace(from, to));
  expect(read).toThrow(UserError);
  expect(read).toThrow(message);
});

test('tensors come first, loops are closed and not too deep, and there is a first line', () => {
  expect(() => parseProgram('\n# nothing\n')).toThrow('The text is empty');
  expect(() => parseProgram('program trn1\n}\n')).toThrow('line 2: } closes a loop, and none is open.');
  expect(() => parseProgram('program trn1\na while $r {\n}\nhbm t int8 [1] input\n')).toThrow(
    'line 4: tensors come before instructions',
  );
  const loops = (depth: number) =>
    `program trn1\n${Array.from({ length: depth }, (_, index) => `l${index} while $r {\n`).join('')}${'}\n'.repeat(depth)}`;
  expect(() => parseProgram(loops(MAX_LOOP_DEPTH))).not.toThrow();
  expect(() => parseProgram(loops(MAX_LOOP_DEPTH + 1))).toThrow(
    'line 34: "l32" is a loop within 32 others, and at most 32 may lie in each other.',
  );
});

/** Text in which a few places were overwritten. */
const mangled = anyProgram.chain((program) => {
  const text = printProgram(program);
  const edit = fc.tuple(
    fc.nat(text.length),
    fc.nat(3),
    fc.constantFrom('', ' ', ',', '[', ']', '=', '\n', 'x', '-', ' @ '),
  );
  return fc
    .array(edit, { minLength: 1, maxLength: 3 })
    .map((edits) =>
      edits.reduce((all, [at, length, by]) => all.slice(0, at) + by + all.slice(at + length), text),
    );
});

test('text that was tampered with is a Program, or is refused in words with a line', () => {
  fc.assert(
    fc.property(mangled, (text) => {
      try {
        const program = parseProgram(text);
        expect(parseProgram(printProgram(program))).toEqual(program);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.message).toMatch(/^line \d+: .+\.$/s);
      }
    }),
    { numRuns: 500 },
  );
});

test('an index is a pattern over a tensor on chip, and has none itself', () => {
  const read = (by: string) =>
    parseProgram(
      [
        'program trn3',
        'hbm h uint16 [4, 2] input',
        'sbuf x float32 partitions 0:4 elements 8 address 0',
        'sbuf i uint16 partitions 0:4 elements 2 address 64',
        `c vector tensor_copy x p0:4 [1,4] = src x p0:4 +1 [0,4] as int32 ${by}, saturate true`,
      ].join('\n'),
    );
  const { instructions } = read('by i p0:4 +$r*1 [1,1] as int16');
  const index = { space: 'sbuf', tensor: 'i', dtype: 'int16', partition: 0, partitions: 4, offset: 0 };
  expect(instructions).toMatchObject([
    {
      sources: {
        src: {
          tensor: 'x',
          dtype: 'int32',
          offset: 1,
          index: { ...index, dims: [[1, 1]], registers: [['r', 1]] },
        },
      },
      attributes: { saturate: true },
    },
  ]);
  expect(() => read('by i p0:4 [0,1] by i p0:4 [1,1]')).toThrow(
    /^line 5: sources\.src\.index\.index must be absent from a pattern in HBM or of an index, received \{/,
  );
  expect(() => read('by h [1,2]')).toThrow(
    'line 5: sources.src.index.space must be one of sbuf, psum, received "hbm".',
  );
  expect(() => read('by j p0:4 [1,1]')).toThrow(
    'line 5: the tensor of a pattern must be declared at the top, received "j".',
  );
});
