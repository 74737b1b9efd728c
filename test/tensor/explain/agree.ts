/** Whether the Program of a graph gives the very bits of the definition. */
import { expect } from 'vitest';
import type { ChipName } from '../../../src/chip';
import { runProgram } from '../../../src/execute/reference';
import type { CodeArray, Dtype } from '../../../src/numerics';
import { lower, type Lowered } from '../../../src/tensor/explain/lower';
import { make, type Node, type Shape } from '../../../src/tensor/graph';
import { evaluateAll } from '../../../src/tensor/reference';
import { verdictText, verifyProgram } from '../../../src/verify';

export const place = (codes: CodeArray, dtype: Dtype, shape: Shape): Node =>
  make.leaf(shape, dtype, { codes, release: () => undefined });

/** Whether draws of other generators are in it: by random words, or by a key that instructions cannot be told. */
function drawn(node: Node, known = new Map<Node, boolean>()): boolean {
  const before = known.get(node);
  if (before !== undefined) return before;
  const { op, inputs } = node;
  const [, , instance, launch] = inputs[1]?.stored?.codes ?? [0, 0, 1, 1];
  const own =
    op.kind === 'random' ||
    (op.kind === 'cast' && op.rounding === 'stochastic' && (instance !== 0 || launch !== 0));
  const is = own || inputs.some((input) => drawn(input, known));
  known.set(node, is);
  return is;
}

/** The first code that differs, in words. */
function differenceOf(found: ArrayLike<number> | undefined, codes: ArrayLike<number>): string | undefined {
  if (found === undefined || found.length !== codes.length)
    return `${found?.length} codes for ${codes.length}`;
  for (let i = 0; i < codes.length; i++)
    if (codes[i] !== found[i]) return `code ${i} of ${codes.length} is ${found[i]} for ${codes[i]}`;
  return undefined;
}

/** What the Program gives is what the definition gives, but for draws. Gives the Program. */
export function agrees(wanted: readonly Node[], chip: ChipName): Lowered {
  const lowered = lower(wanted, chip);
  const verdict = verifyProgram(lowered.program);
  // Two readings of the same bits, which one Program may not multiply: `explain` says so.
  const isMixed = verdict.findings.some(({ code }) => code === 'SYS105');
  if (isMixed) return lowered;
  expect(verdict.sound, verdictText(verdict.findings)).toBe(true);
  const expected = evaluateAll(wanted, { chip });
  const inputs = Object.fromEntries(
    lowered.inputs.map(({ name, node }) => [name, node.stored?.codes ?? new Uint8Array()]),
  );
  const faulty = expected.some(({ fault }) => fault !== undefined);
  const draws = wanted.map((node) => drawn(node));
  let outputs: Record<string, CodeArray>;
  try {
    outputs = runProgram(lowered.program, inputs);
  } catch (error) {
    // An index outside stops the run, and draws may be such.
    if (faulty || draws.includes(true)) return lowered;
    throw error;
  }
  for (const [i, node] of wanted.entries()) {
    const { codes, fault } = expected[i] ?? { codes: [], fault: 'missing' };
    const name = lowered.outputs.find((output) => output.node === node)?.name;
    if (fault !== undefined || draws[i] === true || node.size === 0) continue;
    expect(differenceOf(outputs[name ?? ''], codes), `${name} (${node.op.kind}) on ${chip}`).toBeUndefined();
  }
  return lowered;
}
