import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import type { MatmulOperands } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { runProgram } from '../../src/execute/reference/program';
import { ACTIVATIONS } from '../../src/isa/functions';
import { planMatmul, planToProgram } from '../../src/lower';
import type { MatmulPlan } from '../../src/lower';
import { bitsOf, codeArray, decode, encode, stochasticDraw, UserError } from '../../src/numerics';
import type { CodeArray, Dtype } from '../../src/numerics';
import { Allocator, hbm, onChip } from '../../src/program';
import type { Instruction, Program } from '../../src/program';
import { anyRequest, withEpilogue } from '../lower/requests';
import { runs } from './runs';

/** Codes of any bits, from a small generator: NaN, infinities and subnormals come with them. */
function codesOf(dtype: Dtype, length: number, seed: number): CodeArray {
  const codes = codeArray(dtype, length);
  let state = seed >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    codes[index] = (state ^ (state >>> 15)) % 2 ** bitsOf(dtype);
  }
  return codes;
}

function operandsOf(
  { m, n, k, a, b, out, accumulate, epilogue = {} }: MatmulPlan,
  seed: number,
): MatmulOperands {
  const { bias, residual } = epilogue;
  return {
    a: codesOf(a, m * k, seed),
    b: codesOf(b, k * n, seed + 1),
    ...(accumulate && { c: codesOf(out, m * n, seed + 2) }),
    ...(bias && { bias: codesOf(bias, n, seed + 3) }),
    ...(residual && { residual: codesOf(residual, m * n, seed + 4) }),
  };
}

/** The contract of docs/architecture.md, one output at a time, from single codes. */
function direct(plan: MatmulPlan, { a, b, c, bias, residual }: MatmulOperands): number[] {
  const f = Math.fround;
  return Array.from({ length: plan.m * plan.n }, (_, index) => {
    const [m, n] = [Math.floor(index / plan.n), index % plan.n];
    const groups: number[] = [];
    for (const pass of plan.passes) {
      let sum = 0;
      for (let step = 0; step < pass.rows * pass.interleave; step++) {
        const k = pass.k0 + (step % pass.interleave) * pass.rows + Math.floor(step / pass.interleave);
        const left = decode(plan.a, a[plan.aLayout === 'k-major' ? k * plan.m + m : m * plan.k + k] ?? -1);
        sum = f(sum + f(left * decode(plan.b, b[k * plan.n + n] ?? -1)));
      }
      groups[pass.group] = f((groups[pass.group] ?? 0) + sum);
    }
    let total = groups.reduce((before, group) => f(before + group), 0);
    if (c) total = f(f(decode(plan.out, c[index] ?? -1)) + total);
    const { epilogue = {}, rounding, saturate, seed } = plan;
    const { scale, activation, outScale } = epilogue;
    if (scale !== undefined) total = f(total * scale);
    if (epilogue.bias) total = f(total + decode(epilogue.bias, bias?.[n] ?? -1));
    if (activation !== undefined) total = ACTIVATIONS[activation].apply(total);
    if (epilogue.residual) total = f(total + decode(epilogue.residual, residual?.[index] ?? -1));
    if (outScale !== undefined) total = f(total * outScale);
    const draw = stochasticDraw({ seed, launch: 0, instance: 0, element: index });
    return encode(plan.out, total, { rounding, saturate, draw });
  });
}

describe('runProgram', () => {
  test('equals the contract and the reference loop bit for bit', () => {
    fc.assert(
      fc.property(fc.oneof(anyRequest(20), withEpilogue(anyRequest(20))), fc.nat(), (request, seed) => {
        const plan = planMatmul(request);
        const operands = operandsOf(plan, seed);
        const { out } = runProgram(planToProgram(plan), { ...operands });
        expect([...(out ?? [])]).toEqual(direct(plan, operands));
        expect(out).toEqual(referenceMatmul(plan, operands));
      }),
      { numRuns: runs(250) },
    );
  });

  test.each([
    { m: 130, n: 520, k: 300, a: 'bfloat16', b: 'float16', chip: 'trn1' },
    { m: 130, n: 520, k: 613, a: 'float8_e4m3', b: 'float8_e5m2', chip: 'trn2', accumulate: true },
    {
      m: 130,
      n: 600,
      k: 261,
      a: 'float8_e4m3fn',
      b: 'bfloat16',
      chip: 'trn3',
      out: 'bfloat16',
      aLayout: 'k-major',
      rounding: 'stochastic',
      seed: 11,
    },
  ] as const)('equals the reference loop on full-size tiles: $a by $b on $chip', (request) => {
    const plan = planMatmul({ ...request, block: { k: 256 } });
    const operands = operandsOf(plan, 7);
    expect(runProgram(planToProgram(plan), { ...operands })['out']).toEqual(referenceMatmul(plan, operands));
  });

  const plan = planMatmul({ m: 2, n: 3, k: 4, a: 'bfloat16', b: 'bfloat16' });
  const program = planToProgram(plan);
  const inputs = { ...operandsOf(plan, 1) };
  const without = (id: string): Program => ({
    ...program,
    instructions: program.instructions.filter((instruction) => instruction.id !== id),
  });

  test.each([
    [
      'm0.n0.p0.load-b',
      'nc_matmul m0.n0.p0.t0.0, operand moving: element 0 of 12 of tensor "b0" was never written.',
    ],
    ['m0.n0.p0.t0.0', 'tensor_copy m0.n0.g0.t0.0.copy, operand src: element 0 of 6 of tensor "psum0"'],
    ['m0.n0.g0.t0.0.store', 'After the last instruction, operand out: element 0 of 6 of tensor "out"'],
  ])('names who reads what was never written, without %s', (id, message) => {
    expect(() => runProgram(without(id), inputs)).toThrow(message);
  });

  test('refuses to accumulate into PSUM that holds nothing', () => {
    const instructions = program.instructions.map((instruction): Instruction =>
      instruction.opcode === 'nc_matmul'
        ? { ...instruction, attributes: { ...instruction.attributes, accumulate: true } }
        : instruction,
    );
    expect(() => runProgram({ ...program, instructions }, inputs)).toThrow(
      'nc_matmul m0.n0.p0.t0.0, operand dst: element 0 of 6 of tensor "psum0" was never written.',
    );
  });

  test('reads the bytes that are there through another format', () => {
    const memory = new Allocator(CHIPS.trn2);
    const given = memory.hbm({ name: 'given', dtype: 'uint16', shape: [2, 3], role: 'input' });
    const out = memory.hbm({ name: 'out', dtype: 'uint8', shape: [6, 2], role: 'output' });
    const tile = memory.sbuf({ name: 'tile', dtype: 'uint16', partition: 32, partitions: 2, elements: 3 });
    const rest = { engine: 'dma', opcode: 'dma_copy', attributes: {} } as const;
    const load: Instruction = {
      ...rest,
      id: 'load',
      dst: onChip(tile, 2, [[1, 3]]),
      sources: { src: hbm(given, 0, [[1, 6]]) },
    };
    const store: Instruction = {
      ...rest,
      id: 'store',
      dst: hbm(out, 0, [[1, 12]]),
      sources: { src: { ...onChip(tile, 2, [[1, 6]]), dtype: 'uint8' } },
    };
    const given16 = Uint16Array.of(0x0102, 0x0304, 0x0506, 0x0708, 0x090a, 0x0b0c);
    const result = runProgram(
      { chip: 'trn2', tensors: memory.tensors, instructions: [load, store] },
      { given: given16 },
    );
    expect(result['out']).toEqual(Uint8Array.of(2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11));
  });

  test.each([
    [
      'missing inputs',
      { a: inputs.a },
      'Input "b" is 12 bfloat16 codes ([4, 3]) in a Uint16Array, received nothing. Make codes of numbers with encodeArray().',
    ],
    ['short inputs', { ...inputs, a: new Uint16Array(7) }, 'Input "a" is 8 bfloat16 codes'],
    ['inputs of another width', { ...inputs, a: new Uint8Array(8) }, 'received Uint8Array of 8.'],
    [
      'inputs that nothing takes',
      { ...inputs, c: new Uint32Array(6) },
      'The Program has no input "c": it takes a, b.',
    ],
  ])('refuses %s', (_, given, message) => {
    expect(() => runProgram(program, given)).toThrow(UserError);
    expect(() => runProgram(program, given)).toThrow(message);
  });

  test('refuses tensors beyond the memory', () => {
    const tensors = program.tensors.map((tensor) =>
      tensor.name === 'b0' ? { ...tensor, address: 229_374 } : tensor,
    );
    expect(() => runProgram({ ...program, tensors }, inputs)).toThrow(
      'Tensor "b0" ends at byte 229380 of partition 3; SBUF of trn2 has 229376 bytes of partitions 0..127.',
    );
  });

  test('refuses illegal instructions before it starts', () => {
    const instructions = program.instructions.map((instruction): Instruction =>
      instruction.opcode === 'tensor_copy' ? { ...instruction, engine: 'gpsimd' } : instruction,
    );
    expect(() => runProgram({ ...program, instructions }, inputs)).toThrow(
      'tensor_copy m0.n0.g0.t0.0.copy: src: gpsimd does not reach PSUM.',
    );
  });
});

test('numbers in the place of codes, and what is no Program, are refused', () => {
  const tensor = { space: 'hbm', name: 'x', dtype: 'float32', shape: [1], role: 'input' } as const;
  const program: Program = { chip: 'trn2', tensors: [tensor], instructions: [] };
  const numbers: unknown = Float32Array.of(1.5);
  expect(() => runProgram(program, { x: numbers as CodeArray })).toThrow(
    'Input "x" is 1 float32 codes ([1]) in a Uint32Array, received Float32Array of 1. Make codes of numbers with encodeArray().',
  );
  for (const nothing of [null, undefined, {}, 'program trn2', []]) {
    expect(() => runProgram(nothing as Program, {})).toThrow('A Program is an object of chip, tensors');
  }
});
