/** Random Programs themselves: legal, sound, of every opcode; and a fault in an executor is found and made small. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../src/chip';
import { startProgram } from '../../src/execute/reference';
import { programProblem } from '../../src/isa';
import {
  fromJSON,
  instructionsOf,
  isLoop,
  toJSON,
  type Instruction,
  type Opcode,
  type Program,
  type ProgramNode,
} from '../../src/program';
import { comparePrograms, onReference, type Executor } from './agreement';
import { fuzz } from './fuzz';
import { anyRecipe, drawCase, isSound, opcodesOf } from './program';

const PROGRAMS = 200;

describe.each(CHIP_NAMES)('Programs for %s', (chip) => {
  const cases = fc.sample(anyRecipe(chip), { numRuns: PROGRAMS, seed: 7 }).map(drawCase);

  test('are legal, and nearly all are sound', () => {
    for (const { program } of cases) expect(programProblem(program)).toBeUndefined();
    expect(cases.filter(isSound).length).toBeGreaterThan(0.95 * PROGRAMS);
  });

  test('take their form through JSON', () => {
    for (const { program } of cases.slice(0, 20))
      expect(fromJSON(JSON.parse(JSON.stringify(toJSON(program))))).toEqual(program);
  });

  test('run to their end, but for a few whose indices are outside', () => {
    const stopped = cases.filter(isSound).flatMap(({ program, inputs }) => {
      const run = startProgram(program, inputs);
      try {
        run.runToEnd();
        return [];
      } catch (error) {
        return [String(error)];
      }
    });
    expect(stopped.length).toBeLessThan(0.05 * PROGRAMS);
    for (const message of stopped) expect(message).toMatch(/required (offsets|indices)/);
  });

  test('have every opcode, and few instructions are refused', () => {
    const seen = new Set(
      cases.flatMap(({ program }) => [...instructionsOf(program.instructions)].map(({ opcode }) => opcode)),
    );
    expect(opcodesOf(chip).filter((opcode) => !seen.has(opcode))).toEqual([]);
    const total = cases.reduce(
      (sum, { program }) => sum + [...instructionsOf(program.instructions)].length,
      0,
    );
    expect(cases.flatMap(({ refused }) => refused).length).toBeLessThan(0.02 * total);
  });
});

test('Programs have loops, groups that are continued, views, registers and accumulators that are read later', () => {
  const cases = fc.sample(anyRecipe('trn3'), { numRuns: 400, seed: 8 }).map(drawCase);
  const instructions = cases.flatMap(({ program }) => [...instructionsOf(program.instructions)]);
  const some = (has: (instruction: Instruction) => boolean) => instructions.filter(has).length;
  expect(
    cases.some(({ program }) => program.instructions.some((node) => isLoop(node) && node.loop === 'while')),
  ).toBe(true);
  expect(some(({ opcode, attributes }) => opcode === 'nc_matmul' && attributes.accumulate)).toBeGreaterThan(
    3,
  );
  expect(
    some(({ opcode, attributes }) => opcode === 'nc_matmul' && attributes.performance === 'double_row'),
  ).toBeGreaterThan(0);
  expect(
    some(({ opcode, attributes }) => opcode === 'nc_matmul' && attributes.tile_size !== undefined),
  ).toBeGreaterThan(0);
  expect(some(({ dst }) => dst?.index !== undefined)).toBeGreaterThan(3);
  expect(some(({ dst }) => dst?.registers !== undefined)).toBeGreaterThan(3);
  expect(
    some(({ attributes }) => 'reduce_cmd' in attributes && attributes.reduce_cmd === 'reduce'),
  ).toBeGreaterThan(3);
  expect(
    some(({ attributes }) => 'rounding' in attributes && attributes.rounding === 'stochastic'),
  ).toBeGreaterThan(10);
});

/** An executor that flips the lowest bit of the first element of what an opcode writes. */
function withFault(opcode: Opcode): Executor {
  const flip = ({ dst, id }: Instruction): readonly Instruction[] => {
    if (dst === undefined || dst.space === 'hbm' || dst.index !== undefined) return [];
    const bits = { 1: 'uint8', 2: 'uint16', 4: 'uint32' } as const;
    const [start] = [dst.dims.map(([stride]) => [stride, 1] as const)];
    const width = BYTES[dst.dtype] ?? 4;
    const first = { ...dst, dtype: bits[width], dims: start, partitions: 1 };
    return [
      {
        opcode: 'tensor_scalar',
        id: `${id}.fault`,
        engine: 'vector',
        dst: first,
        sources: { data: first },
        attributes: { op0: 'bitwise_xor', operand0: 1 },
      },
    ];
  };
  const faulty = (nodes: readonly ProgramNode[]): ProgramNode[] =>
    nodes.flatMap((node): ProgramNode[] => {
      if (isLoop(node)) return [{ ...node, body: faulty(node.body) }];
      return node.opcode === opcode ? [node, ...flip(node)] : [node];
    });
  return (program, inputs) => {
    const changed: Program = { ...program, instructions: faulty(program.instructions) };
    return onReference(changed, inputs);
  };
}

const BYTES: Readonly<Record<string, 1 | 2 | 4>> = {
  float8_e4m3: 1,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8_e3m4: 1,
  float8_e8m0fnu: 1,
  int8: 1,
  uint8: 1,
  bfloat16: 2,
  float16: 2,
  int16: 2,
  uint16: 2,
};

describe('a fault in an executor', () => {
  test.each(['tensor_tensor_scan', 'nc_matmul', 'iota', 'max8', 'activation'] as const)(
    'in %s is found, made small, and found again by its seed and path',
    async (opcode) => {
      const request = {
        chip: 'trn2',
        programs: 1000,
        seed: 11,
        shrinkMs: 20_000,
        opcodes: [opcode, 'tensor_copy', 'memset'],
      } as const;
      const { disagreement } = await fuzz(onReference, withFault(opcode), request);
      if (disagreement === undefined) throw new Error(`Nothing was found in 1000 Programs`);
      const drawn = [...instructionsOf(disagreement.made.program.instructions)].filter(
        (each) => each.opcode === opcode,
      );
      expect(drawn).toHaveLength(1);
      expect([...instructionsOf(disagreement.made.program.instructions)].length).toBeLessThanOrEqual(8);
      const { seed, path } = disagreement;
      const again = await fuzz(onReference, withFault(opcode), {
        ...request,
        programs: 1,
        seed,
        path,
        shrinkMs: 0,
      });
      if (again.disagreement === undefined) throw new Error('It was not found again');
      const { instructions } = again.disagreement.made.program;
      expect([...instructionsOf(instructions)].map((each) => each.opcode)).toContain(opcode);
    },
  );

  test('is none where executors are the same', async () => {
    const { disagreement, programs } = await fuzz(onReference, onReference, {
      chip: 'trn1',
      programs: 20,
      seed: 1,
    });
    expect(disagreement).toBeUndefined();
    expect(programs).toBeGreaterThan(18);
  });
});

test('what differs is told: a tensor and its element', async () => {
  const [recipe] = fc.sample(anyRecipe('trn2', { opcodes: ['iota'] }), { numRuns: 1, seed: 3 });
  if (recipe === undefined) throw new Error('A recipe is required');
  const { program, inputs } = drawCase(recipe);
  expect(await comparePrograms(onReference, withFault('iota'), program, inputs)).toMatch(
    /^t\d+, element \d+: expected 0x[0-9a-f]+, received 0x[0-9a-f]+ \(\d+ of \d+ differ\)$/,
  );
});
