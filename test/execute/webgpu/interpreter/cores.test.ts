/** Several cores in one run, on every adapter: each leaves what the reference leaves of its inputs, in the dispatches of one. */
import { expect, test } from 'vitest';
import { CHIPS } from '../../../../src/chip';
import { runProgram, startProgram } from '../../../../src/execute/reference';
import { CoresDifferError } from '../../../../src/execute/webgpu/interpreter';
import { trace } from '../../../../src/kernel';
import { sizesOf } from '../../../../src/kernels/entry';
import { libraryEntry } from '../../../../src/kernels/library';
import { randomInputs } from '../../../../src/kernels/random';
import { codeArray, UserError } from '../../../../src/numerics';
import { parseProgram, type Program } from '../../../../src/program';
import type { Inputs } from '../../../fuzz/agreement';
import { fuzz, textOf } from '../../../fuzz/fuzz';
import { compareCores, coresOnInterpreter, coresOnReference } from '../../../fuzz/on-cores';
import { opcodesOf } from '../../../fuzz/program';
import { caseOf } from '../../../kernels/cases';
import { rounds, runs } from '../../runs';
import { onEveryAdapter } from './adapters';
import { INDEXED, indexedInputs, LOADED, loadedInputs, RANDOM, randomSeeds } from './cores-programs';

/** A kernel of the library, and inputs of as many cores. */
export function kernelOn(name: string, cores: number): { program: Program; each: readonly Inputs[] } {
  const entry = libraryEntry(name);
  const { sizes, dtypes } = caseOf(name);
  const given = sizesOf(entry, sizes[0] ?? {});
  const dtype = dtypes[0] ?? 'float32';
  const inputs = Array.from({ length: cores }, (_, core) => randomInputs(entry, given, dtype, 21 + core));
  const specs = Object.entries(inputs[0] ?? {}).map(([input, spec]) => [input, spec] as const);
  const chip = entry.chips.at(-1) ?? 'trn3';
  const { program } = trace(entry.kernel(given), { chip, inputs: Object.fromEntries(specs) });
  const each = inputs.map((own) =>
    Object.fromEntries(Object.entries(own).map(([input, { codes }]) => [input, codes])),
  );
  return { program, each };
}

const KERNELS = [
  ['matmul_tiled', 3],
  ['matmul_blocked_all', 2],
  ['softmax', 8],
  ['flash_attention', 2],
  ['mlp_gated', 3],
  ['rmsnorm_quantize_e4m3fn', 3],
  ['selective_scan', 2],
  ['top_k', 3],
  ['mxfp8_matmul', 3],
] as const;

onEveryAdapter((on) => {
  test.each(KERNELS)('%s on %i cores', async (name, cores) => {
    const { program, each } = kernelOn(name, cores);
    expect(await compareCores(on.interpreter, program, each)).toBeUndefined();
  });

  test('random numbers: every core has generators of its own', async () => {
    const each = [3, 11, 2 ** 31].map(randomSeeds);
    expect(await compareCores(on.interpreter, RANDOM, each)).toBeUndefined();
    const [first, second] = await on.interpreter.run(RANDOM, each);
    expect(first).not.toEqual(second);
  });

  test('as many dispatches as one core takes', async () => {
    const { program, each } = kernelOn('softmax', 8);
    const dispatches: number[] = [];
    for (const count of [1, 2, 8]) {
      const run = await on.interpreter.start(program, each.slice(0, count));
      await run.runToEnd();
      dispatches.push(run.dispatches);
      run.release();
    }
    expect(dispatches).toEqual(dispatches.map(() => dispatches[0]));
  });

  test('indices that differ between cores: each moves the rows that its own say', async () => {
    const each = [[0, 1, 2, 3], [3, 3, 0, 9], [0, 1, 2, 3], [9, 9, 9, 1]].map(indexedInputs); // prettier-ignore
    expect(await compareCores(on.interpreter, INDEXED, each)).toBeUndefined();
  });

  test('indices that differ take no more dispatches than those that do not', async () => {
    const dispatches: number[] = [];
    for (const lists of [
      [
        [0, 1, 2, 3],
        [0, 1, 2, 3],
      ],
      [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
      ],
    ]) {
      // prettier-ignore
      const run = await on.interpreter.start(INDEXED, lists.map(indexedInputs));
      await run.runToEnd();
      dispatches.push(run.dispatches);
      run.release();
    }
    expect(dispatches[1]).toBe(dispatches[0]);
  });

  test('what only one core does wrong names it', async () => {
    const error = parseProgram(
      'program trn2\nhbm i uint32 [4] input\nhbm table float32 [32] input\nsbuf at uint32 partitions 0:4 elements 1 address 0\nsbuf rows float32 partitions 0:4 elements 8 address 64\n' +
        'load sync dma_copy at p0:4 [1,1] = src i [1,4]\n' +
        'gather gpsimd dma_copy rows p0:4 [1,8] = src table [0,4][1,8], src_index at p0:4 [1,1], src_stride 8',
    );
    const inputs = (i: readonly number[]): Inputs => ({
      i: Uint32Array.from(i),
      table: codeArray('float32', 32),
    });
    const good = inputs([0, 1, 2, 3]);
    const bad = inputs([0, 1, 7, 3]);
    expect(() => runProgram(error, bad)).toThrow(/^dma_copy gather.*required indices/);
    const message = /^On core 1: dma_copy gather.*required indices/;
    await expect(on.interpreter.run(error, [good, bad, good])).rejects.toThrow(message);
    const run = await on.interpreter.start(error, [good, bad, good]);
    await expect(run.runToEnd()).rejects.toThrow(message);
    expect(run.position?.node.id).toBe('gather');
    expect((await run.findings()).map(({ core, rule }) => [core, rule])).toEqual([[1, 'index-outside']]);
    expect(Array.from((await run.read('rows', 0)).written)).not.toContain(1);
    run.release();
  });

  test('a register that cores load differently: together they stop, and `run` runs each by itself', async () => {
    const each = [2, 5, 2].map(loadedInputs);
    const expected = each.map((inputs) => runProgram(LOADED, inputs));
    const told: string[] = [];
    const onApart = (reason: string) => told.push(reason);
    expect(await on.interpreter.run(LOADED, each, { onApart })).toEqual(expected);
    expect(told).toEqual([
      expect.stringMatching(/^register_load turns.* would hold 2 on core 0, 2 and 5 on core 1/),
    ]);
    const run = await on.interpreter.start(LOADED, each);
    await expect(run.runToEnd()).rejects.toBeInstanceOf(CoresDifferError);
    expect(run.position?.node.id).toBe('turns');
    run.release();
    expect(await compareCores(on.interpreter, LOADED, [4, 4].map(loadedInputs))).toBeUndefined();
  });

  test('what cannot be is refused before any buffer is made', async () => {
    const { program, each } = kernelOn('softmax', 1);
    const [good = {}] = each;
    const many = Array.from({ length: CHIPS[program.chip].cores + 1 }, () => good);
    const refused = async (inputs: readonly Inputs[]): Promise<string> => {
      const error: unknown = await on.interpreter.run(program, inputs).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UserError);
      return String(error);
    };
    expect(await refused(many)).toMatch(/runs on 1 to 8 cores of trn3, received inputs for 9/);
    expect(await refused([])).toMatch(/received inputs for 0/);
    const short = Object.fromEntries(Object.entries(good).map(([name, codes]) => [name, codes.slice(1)]));
    expect(await refused([good, short])).toMatch(/On core 1: Input "x" is \d+ float32 codes.* received/);
    expect(await refused([good, {}])).toMatch(/On core 1: Input "x" is .* received nothing/);
    const run = await on.interpreter.start(program, [good, good]);
    expect(run.cores).toBe(2);
    for (const core of [2, -1, 0.5]) {
      await expect(run.read('x', core)).rejects.toThrow(`The run has cores 0..1, received ${core}.`);
      await expect(run.outputs(core)).rejects.toThrow(UserError);
      await expect(run.accumulators('vector', core)).rejects.toThrow(UserError);
    }
    run.release();
    expect(on.interpreter.liveBytes).toBe(0);
  });

  test('a run of several cores is stepped through and looked into, core by core', async () => {
    const { program, each } = kernelOn('softmax', 2);
    const run = await on.interpreter.start(program, each);
    const references = each.map((inputs) => startProgram(program, inputs));
    for (const steps of [1, 3, 5]) {
      await run.runTo(steps);
      for (const [core, reference] of references.entries()) {
        reference.runTo(steps);
        expect(run.position).toEqual(reference.position);
        for (const { name, space } of program.tensors) {
          if (space === 'psum') continue;
          const [view, other] = [await run.read(name, core), reference.read(name)];
          expect({ name, core, codes: view.codes }).toEqual({ name, core, codes: other.codes });
          expect(view.written).toEqual(other.written);
        }
        expect((await run.bank(0, 'float32', core)).codes).toEqual(reference.bank(0).codes);
      }
    }
    await run.runToEnd();
    expect(await run.allOutputs()).toEqual(each.map((inputs) => runProgram(program, inputs)));
    expect(await run.outputs(1)).toEqual(runProgram(program, each[1] ?? {}));
    run.release();
  });

  test('random Programs on three cores', async () => {
    let apart = 0;
    const seed = Math.floor(Math.random() * 2 ** 30);
    const cores = coresOnInterpreter(3, on.interpreter, () => apart++);
    const chip = 'trn3';
    const opcodes = opcodesOf(chip).filter((opcode) => opcode !== 'register_load');
    const programs = runs(rounds(5));
    const request = { chip, programs, seed, shrinkMs: 30_000, opcodes } as const;
    const { disagreement } = await fuzz(coresOnReference(3), cores, request);
    if (disagreement !== undefined)
      throw new Error(`seed ${seed}: ${disagreement.difference}\n\n${textOf(disagreement.made)}`);
    expect(apart).toBeLessThan(programs / 2);
  }, 3600_000);
});
