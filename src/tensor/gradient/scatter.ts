/** What a scatter hands back, to its base and to what was written into it. */
import { make, type Node, type OpOf } from '../graph';

type Inputs = readonly [base: Node, index: Node, updates: Node];
type Combine = OpOf<'scatter'>['combine'];
type Outside = Pick<OpOf<'scatter'>, 'outside' | 'what'>;

const float32 = (x: Node): Node => make.cast(x, 'float32');
const multiply = (a: Node, b: Node): Node => make.map('multiply', [a, b], 'float32');

/** The last one written to a place stays, and has its gradient; the base keeps those of places that were not written. */
function setRule(g: Node, [, index, updates]: Inputs, outside: Outside): readonly Node[] {
  const [outer = 0, count = 0, inner = 0] = updates.shape;
  const size = make.extentOf(g, 1);
  const zeros = make.fill(updates.shape, g.dtype, 0);
  const kept = make.scatter(g, index, zeros, { combine: 'set', ...outside });
  const turn = make.iota([outer, count, 1], 1);
  const nobody = make.fill([outer, size, 1], 'int32', -1);
  const writer = make.scatter(nobody, index, turn, { combine: 'set', ...outside });
  const stays = make.map('equal', [make.gather(writer, index, outside), turn], 'uint8');
  const wide = make.broadcast(stays, [outer, count, inner]);
  return [kept, make.map('select', [wide, make.gather(g, index, outside), zeros], g.dtype)];
}

/** Whoever is the largest (or smallest) has it; equal ones share. */
function choiceRule(g: Node, [base, index, updates]: Inputs, outside: Outside, y: Node): readonly Node[] {
  const [result, before, written] = [float32(y), float32(base), float32(updates)];
  const isBase = make.map('equal', [before, result], 'float32');
  const isWritten = make.map('equal', [written, make.gather(result, index, outside)], 'float32');
  const count = make.scatter(isBase, index, isWritten, { combine: 'add', ...outside });
  const share = multiply(float32(g), make.map('reciprocal', [count], 'float32'));
  return [multiply(isBase, share), multiply(isWritten, make.gather(share, index, outside))];
}

const RULES = {
  set: setRule,
  add: (g, [, index], outside) => [g, make.gather(g, index, outside)],
  maximum: choiceRule,
  minimum: choiceRule,
} as const satisfies Record<Combine, (g: Node, inputs: Inputs, outside: Outside, y: Node) => readonly Node[]>;

export function scatterRule(
  g: Node,
  { combine, outside, what }: OpOf<'scatter'>,
  [base, index, updates]: Inputs,
  y: Node,
): readonly (Node | undefined)[] {
  const [toBase, toUpdates] = RULES[combine](g, [base, index, updates], { outside, what }, y);
  return [toBase, undefined, toUpdates];
}
