/**
 * What a graph computes, by definition: each primitive by itself, on codes, in the order of the graph. Slow and right; every
 * executor gives the same bits.
 */
import type { ChipName } from '../../chip';
import { codeArray, UserError, type CodeArray } from '../../numerics';
import type { Node, Op, OpKind, OpOf, Stored } from '../graph';
import { converted, randomWords, recast } from './convert';
import { gathered, scattered, sortedPlaces } from './indexed';
import { mapped } from './map';
import { multiplied, multiplyByLoop, type Multiply } from './matmul';
import { reduced, scanned } from './reduce';
import { codeOf, type Values } from './values';
import { broadcasted, concatenated, padded, permuted, places, sliced, windowed } from './views';

export interface EvaluateOptions {
  readonly chip?: ChipName;
  readonly multiply?: Multiply;
  /** Values of leaves, in place of their own. */
  readonly given?: ReadonlyMap<Node, Stored | undefined>;
}

/** The values of a node. */
export interface Evaluated {
  readonly codes: CodeArray;
  /** The call of which an index lay outside: the codes are of no use then. */
  readonly fault: string | undefined;
}

interface Context {
  readonly chip: ChipName;
  readonly multiply: Multiply;
  /** Told of a primitive of which an index lay outside. */
  readonly blame: (what: string) => void;
}

type Rule<K extends OpKind> = (
  op: OpOf<K>,
  inputs: readonly [Values, Values, Values, ...Values[]],
  node: Node,
  context: Context,
) => CodeArray;

const RULES: { readonly [K in Exclude<OpKind, 'leaf'>]: Rule<K> } = {
  fill: ({ value }, _, { dtype, size }) => codeArray(dtype, size).fill(codeOf(dtype, value)),
  iota: (op, _, { shape }) => places(shape, op),
  random: (_, [key], { size }) => randomWords(key, size),
  map: ({ fn }, inputs, { dtype, size }) => mapped(fn, inputs, dtype, size),
  cast: (op, [x, key], { dtype }) => converted(x, op.rounding === 'stochastic' ? key : undefined, op, dtype),
  bitcast: (_, [x], { dtype }) => recast(x, dtype),
  reshape: (_, [x]) => x.codes,
  permute: (op, [x], { shape }) => permuted(x, op, shape),
  broadcast: (_, [x], { shape }) => broadcasted(x, shape),
  slice: (op, [x], { shape }) => sliced(x, op, shape),
  pad: (op, [x], { shape }) => padded(x, op, shape),
  window: (op, [x], { shape }) => windowed(x, op, shape),
  concat: (op, inputs, { shape }) => concatenated(inputs, op, shape),
  reduce: (op, [x], { dtype }) => reduced(x, op, dtype),
  scan: (op, [x], { dtype, shape }) => scanned(x, op, dtype, shape),
  matmul: (op, [a, b], node, { chip, multiply }) => multiplied(op, a, b, node, chip, multiply),
  gather: (op, [data, index], _, { blame }) => {
    const { codes, faulty } = gathered(data, index, op);
    if (faulty) blame(op.what);
    return codes;
  },
  scatter: (op, [base, index, updates], _, { blame }) => {
    const { codes, faulty } = scattered(base, index, updates, op);
    if (faulty) blame(op.what);
    return codes;
  },
  argsort: (op, [x]) => sortedPlaces(x, op),
};

/** Values of leaves that the host holds, and of what is computed of them. @throws UserError where a leaf is elsewhere. */
export function evaluateAll(
  nodes: readonly Node[],
  { chip = 'trn2', multiply = multiplyByLoop, given }: EvaluateOptions = {},
): readonly Evaluated[] {
  const known = new Map<Node, Evaluated>();
  const uses = usesOf(nodes);
  for (const node of uses.keys()) {
    const stored = given?.get(node) ?? node.stored;
    let fault = [stored, ...node.inputs.map((input) => known.get(input))].find(
      (each) => each?.fault !== undefined,
    )?.fault;
    const blame = (what: string): void => {
      fault ??= what;
    };
    const inputs = node.inputs.map((input): Values => {
      const { codes } = held(known, input);
      return { dtype: input.dtype, shape: input.shape, codes };
    });
    const codes =
      node.op.kind === 'leaf'
        ? leafCodes(node, given?.get(node) ?? node.stored)
        : apply(node.op, inputs, node, { chip, multiply, blame });
    known.set(node, { codes, fault });
    for (const input of node.inputs) {
      const left = (uses.get(input) ?? 1) - 1;
      uses.set(input, left);
      if (left === 0) known.delete(input);
    }
  }
  return nodes.map((node) => held(known, node));
}

/** The codes of one node. @throws UserError where an index lay outside. */
export function evaluate(node: Node, options?: EvaluateOptions): CodeArray {
  const [{ codes, fault } = { codes: codeArray(node.dtype, 0), fault: undefined }] = evaluateAll(
    [node],
    options,
  );
  if (fault !== undefined) throw outsideError(fault);
  return codes;
}

/** @param what the call, which the message begins with. */
export const outsideError = (what: string): UserError => new UserError(`${what}: an index lies outside.`);

const held = (known: ReadonlyMap<Node, Evaluated>, node: Node): Evaluated => {
  const values = known.get(node);
  if (values === undefined)
    throw new Error(`Invariant violation: node ${node.id} (${node.op.kind}) is not known`);
  return values;
};

function leafCodes({ shape, dtype }: Node, stored: Stored | undefined): CodeArray {
  if (stored?.codes === undefined)
    throw new UserError(
      `The values of ${dtype}[${shape.join()}] are ${stored === undefined ? 'given back' : 'on the adapter'}: await its data().`,
    );
  return stored.codes;
}

/** Every node that is needed, inputs first, with how often: by others, and once for each wish. */
function usesOf(wanted: readonly Node[]): Map<Node, number> {
  const uses = new Map<Node, number>();
  const due: { readonly node: Node; readonly ready: boolean }[] = wanted.map((node) => ({
    node,
    ready: false,
  }));
  for (let next = due.pop(); next !== undefined; next = due.pop()) {
    const { node, ready } = next;
    if (uses.has(node)) continue;
    if (ready) uses.set(node, 0);
    else due.push({ node, ready: true }, ...node.inputs.map((input) => ({ node: input, ready: false })));
  }
  const add = (node: Node): void => {
    uses.set(node, (uses.get(node) ?? 0) + 1);
  };
  for (const node of [...uses.keys()]) node.inputs.forEach(add);
  wanted.forEach(add);
  return uses;
}

/** A rule asks for as many inputs as its primitive has. */
function apply(
  op: Exclude<Op, OpOf<'leaf'>>,
  inputs: readonly Values[],
  node: Node,
  context: Context,
): CodeArray {
  const rule = RULES[op.kind] as unknown as (
    op: Op,
    inputs: readonly Values[],
    node: Node,
    context: Context,
  ) => CodeArray;
  return rule(op, inputs, node, context);
}
