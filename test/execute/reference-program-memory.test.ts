/** The memories of the reference executor against bytes and addresses taken one at a time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReferenceMachine } from '../../src/execute/reference/machine';
import { placeTensors } from '../../src/execute/reference/places';
import { eachStrip, stripsOf } from '../../src/execute/program/strips';
import { lookAt } from '../../src/execute/reference/look';
import { bitsOf, codeArray, decode, UserError } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { Dim, Instruction, Pattern, Tensor } from '../../src/program';
import { runs } from './runs';

const anyFormat = fc.constantFrom<Dtype>('uint8', 'bfloat16', 'int16', 'float32', 'uint32');
const widthOf = (dtype: Dtype) => bitsOf(dtype) / 8;

/** Tensors that overlap, at odd addresses too. */
const TENSORS = [
  { space: 'hbm', name: 'h', dtype: 'uint8', shape: [7, 61], role: 'scratch' },
  { space: 'sbuf', name: 'even', dtype: 'float32', partition: 0, partitions: 8, elements: 60, address: 64 },
  { space: 'sbuf', name: 'odd', dtype: 'uint8', partition: 4, partitions: 8, elements: 203, address: 131 },
  { space: 'psum', name: 'bank', dtype: 'float32', partition: 32, partitions: 6, elements: 50, bank: 3 },
] as const satisfies readonly Tensor[];

const STARTS: ReadonlyMap<string, number> = new Map([
  ['h', 0],
  ['even', 64],
  ['odd', 131],
  ['bank', 0],
]);
const BYTES = { h: 7 * 61, even: 240, odd: 203, bank: 200 } as const;

/** Addresses of a pattern's elements, in order, by counting. */
function addresses(pattern: Pattern, width: number): string[] {
  let offsets = [pattern.offset];
  for (const [stride, count] of pattern.dims) {
    offsets = offsets.flatMap((offset) => Array.from({ length: count }, (_, step) => offset + step * stride));
  }
  const start = STARTS.get(pattern.tensor) ?? NaN;
  const within = (place: string) => offsets.map((offset) => `${place}:${start + offset * width}`);
  if (pattern.space === 'hbm') return within('h');
  return Array.from({ length: pattern.partitions }, (_, index) =>
    within(`${pattern.space}.${pattern.partition + index}`),
  ).flat();
}

class Oracle {
  readonly #bytes = new Map<string, number>();

  #byte(address: string, byte: number): string {
    const [place = '', start = ''] = address.split(':');
    return `${place}:${Number(start) + byte}`;
  }

  write(pattern: Pattern, width: number, codes: readonly number[]): void {
    for (const [index, address] of addresses(pattern, width).entries()) {
      for (let byte = 0; byte < width; byte++) {
        this.#bytes.set(this.#byte(address, byte), Math.floor((codes[index] ?? 0) / 256 ** byte) % 256);
      }
    }
  }

  read(pattern: Pattern, width: number): (number | undefined)[] {
    return addresses(pattern, width).map((address) => {
      let code = 0;
      for (let byte = 0; byte < width; byte++) {
        const value = this.#bytes.get(this.#byte(address, byte));
        if (value === undefined) return undefined;
        code += value * 256 ** byte;
      }
      return code;
    });
  }
}

/** A pattern of up to three dimensions, of any signs and with broadcasts, that lies in its tensor. */
const anyPattern: fc.Arbitrary<Pattern> = fc
  .record({
    tensor: fc.constantFrom(...TENSORS),
    dtype: anyFormat,
    dims: fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 9 })), {
      maxLength: 3,
    }),
    row: fc.boolean(),
    at: fc.nat(),
    partition: fc.nat(),
    partitions: fc.nat(),
  })
  .map(({ tensor, dtype, dims, row, at, partition, partitions }) => {
    const elements = Math.floor(BYTES[tensor.name] / widthOf(dtype));
    // As they are while they fit; half of the patterns have a contiguous row as long as the tensor allows.
    const fitting: Dim[] = row ? [[1, 1 + (at % elements)]] : [];
    const reach = () => fitting.reduce((sum, [stride, count]) => sum + Math.abs(stride) * (count - 1), 0);
    for (const dim of dims) {
      fitting.unshift(dim);
      if (reach() >= elements) fitting.shift();
    }
    const low = fitting.reduce((sum, [stride, count]) => sum + Math.min(0, stride * (count - 1)), 0);
    const access = { tensor: tensor.name, dtype, dims: fitting, offset: (at % (elements - reach())) - low };
    if (tensor.space === 'hbm') return { space: 'hbm', ...access };
    const first = partition % tensor.partitions;
    const count = 1 + (partitions % (tensor.partitions - first));
    return { space: tensor.space, ...access, partition: tensor.partition + first, partitions: count };
  });

const machineOf = () => {
  const places = placeTensors({ chip: 'trn2', tensors: TENSORS, instructions: [] });
  const machine = new ReferenceMachine(places);
  machine.reader = 'The test';
  return {
    machine,
    view: (pattern: Pattern) => {
      const place = machine.placeOf('', pattern);
      return lookAt({ title: pattern.tensor, shape: [], pattern }, place);
    },
  };
};

describe('memories', () => {
  test('hold what was written, byte by byte, through any pattern and format', () => {
    const step = fc.record({ pattern: anyPattern, read: fc.boolean(), seed: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const { machine, view } = machineOf();
        const oracle = new Oracle();
        for (const { pattern, read, seed } of steps) {
          const width = widthOf(pattern.dtype);
          const expected = oracle.read(pattern, width);
          if (!read) {
            const codes = codeArray(pattern.dtype, expected.length).map(
              (_, index) => (Math.imul(seed + index, 0x9e3779b1) >>> 0) % 256 ** width,
            );
            machine.write(pattern, codes);
            oracle.write(pattern, width, [...codes]);
            continue;
          }
          const seen = view(pattern);
          expect([...seen.written]).toEqual(expected.map((code) => (code === undefined ? 0 : 1)));
          expect([...seen.codes]).toEqual(expected.map((code) => code ?? 0));
          expect([...seen.values]).toEqual(
            expected.map((code) => (code === undefined ? NaN : decode(pattern.dtype, code))),
          );
          const missing = expected.indexOf(undefined);
          if (missing < 0) expect([...machine.read('x', pattern)]).toEqual(expected);
          else {
            expect(() => machine.read('x', pattern)).toThrow(
              `The test, operand x: element ${missing} of ${expected.length} of tensor "${pattern.tensor}" was never written.`,
            );
          }
        }
      }),
      { numRuns: runs(150) },
    );
  });

  test('contiguous rows of all partitions are one strip where partitions follow each other', () => {
    const pattern: Pattern = {
      space: 'sbuf',
      tensor: 'x',
      dtype: 'float32',
      partition: 2,
      partitions: 3,
      offset: 1,
      dims: [
        [5, 1],
        [4, 2],
        [1, 4],
      ],
    };
    expect(stripsOf(pattern, 8, 100)).toEqual({ base: 212, outer: [[100, 3]], stride: 4, count: 8 });
    expect(stripsOf({ ...pattern, offset: 0 }, 0, 32)).toEqual({ base: 64, outer: [], stride: 4, count: 24 });
    const visited: [number, number][] = [];
    eachStrip(stripsOf(pattern, 8, 100), (address, index) => visited.push([address, index]));
    expect(visited).toEqual([
      [212, 0],
      [312, 8],
      [412, 16],
    ]);
  });

  test('a pattern of no elements reads and writes nothing', () => {
    const { machine } = machineOf();
    const none: Pattern = {
      space: 'hbm',
      tensor: 'h',
      dtype: 'uint8',
      offset: 0,
      dims: [
        [2, 3],
        [1, 0],
      ],
    };
    machine.write(none, codeArray('uint8', 0));
    expect(machine.read('x', none)).toEqual(codeArray('uint8', 0));
    expect(() => machine.read('x', { ...none, dims: [[1, 1]] })).toThrow(UserError);
  });

  test('an access outside its tensor is refused at run time too, as indirect DMA needs', () => {
    const { machine } = machineOf();
    const outside: Pattern = { space: 'hbm', tensor: 'h', dtype: 'uint16', offset: 213, dims: [[1, 1]] };
    expect(() => {
      machine.write(outside, codeArray('uint16', 1));
    }).toThrow('The test, operand dst: tensor "h" has 213 elements of uint16, received elements 213..213.');
    expect(() => machine.read('src', { ...outside, tensor: 'nowhere' })).toThrow(
      'The test, operand src: no tensor is named "nowhere".',
    );
  });

  test('registers hold 32-bit signed integers', () => {
    const { machine } = machineOf();
    machine.setRegister('i', -(2 ** 31));
    expect(machine.register('i')).toBe(-(2 ** 31));
    for (const value of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) {
      expect(() => {
        machine.setRegister('i', value);
      }).toThrow(`The test: register "i" holds a 32-bit signed integer, received ${value}.`);
    }
    expect(() => machine.register('j')).toThrow('The test: register "j" was never set.');
  });

  test('findings are kept once for each instruction, rule and operand, with the first that was received', () => {
    const { machine } = machineOf();
    const reporting = (id: string, at?: string): Instruction => ({
      opcode: 'register_move',
      id,
      engine: 'sync',
      ...(at !== undefined && { at }),
      dst: undefined,
      sources: {},
      attributes: { register: 'i', value: 1 },
    });
    machine.reader = reporting('first', 'k.ts:1:2');
    for (const received of ['9', '8', '9']) machine.report('activation-range', 'data', 'at most 7', received);
    machine.reader = reporting('second');
    machine.report('activation-range', 'data', 'at most 7', '10');
    const found = { rule: 'activation-range', operand: 'data', required: 'at most 7' };
    expect(machine.findings).toEqual([
      { ...found, instruction: 'first', at: 'k.ts:1:2', received: '9', times: 3 },
      { ...found, instruction: 'second', received: '10', times: 1 },
    ]);
  });
});

test('a packed code is shown as its four elements, and has no value', () => {
  const tensors = [
    {
      space: 'sbuf',
      name: 'x',
      dtype: 'float8_e4m3fn_x4',
      partition: 0,
      partitions: 1,
      elements: 3,
      address: 0,
    },
  ] as const satisfies readonly Tensor[];
  const machine = new ReferenceMachine(placeTensors({ chip: 'trn3', tensors, instructions: [] }));
  const pattern = { ...tensors[0], tensor: 'x', offset: 0, dims: [[1, 3]] } as const;
  // 1, -2, NaN, 448 from the low byte up; the second code is not written.
  machine.write({ ...pattern, dims: [[2, 2]] }, Uint32Array.of(0x7e7fc038, 0));
  const view = lookAt({ title: 'x', shape: [1, 3], pattern }, machine.placeOf('', pattern));
  expect(view.toString().split('\n')[1]?.trim().split(/ +/)).toEqual(['0:', '1|-2|NaN|448', '.', '0|0|0|0']);
  expect(() => view.values).toThrow('is four elements and no number');
});
