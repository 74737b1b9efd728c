/**
 * Functions that are recorded once and replayed: for each signature, which is the form of the arguments, the formats and shapes of
 * the arrays in them, and everything in them that is no array.
 */
import { UserError } from '../../numerics';
import type { CompiledGraph } from '../executor';
import { make, type Node, type Stored } from '../graph';
import { describe, type ArrayContext, type NDArray } from './ndarray';
import { isUnsettled, upstream } from './settling';
import { flatten } from './tree';

export interface Compiled<A extends readonly unknown[], R> extends Disposable {
  /** The result is computed when the promise is fulfilled. */
  (...args: A): Promise<R>;
  /** How many signatures are kept. */
  readonly signatures: number;
}

/** Signatures that are kept; beyond them the one that was used longest ago goes. */
const KEPT = 32;

interface Recording<R> {
  readonly graph: CompiledGraph;
  readonly rebuild: (arrays: readonly NDArray[]) => R;
  /** Of each array of the result, which output or which input it is. */
  readonly sources: readonly { readonly from: 'input' | 'output'; readonly place: number }[];
  /** Formats and shapes of outputs. */
  readonly outputs: readonly Pick<Node, 'shape' | 'dtype'>[];
}

export function compiled<A extends readonly unknown[], R>(
  context: ArrayContext,
  fn: (...args: A) => R,
): Compiled<A, R> {
  const recordings = new Map<string, Promise<Recording<R>>>();

  const recordingOf = (signature: string, args: A): Promise<Recording<R>> => {
    const recording = recordings.get(signature) ?? record(context, fn, args);
    recordings.delete(signature);
    recordings.set(signature, recording); // the youngest stands last
    recording.catch(() => recordings.delete(signature));
    for (const [oldest, old] of recordings) {
      if (recordings.size <= KEPT) break;
      recordings.delete(oldest);
      release(old);
    }
    return recording;
  };

  const run = async (...args: A): Promise<R> => {
    const { arrays, form, others } = flatten(args);
    const values = others.find((each) => ArrayBuffer.isView(each));
    if (values !== undefined)
      throw new UserError(
        `compile: a ${(values as object).constructor.name} as an argument would be recorded as it is now: make an array of it with arrays.array().`,
      );
    const inputs = arrays.map((array) => context.nodeOf('compile', array).hold());
    try {
      const signature = [form, ...arrays.map(describe)].join(';');
      const recording = await recordingOf(signature, args);
      return await replay(context, recording, inputs);
    } finally {
      for (const input of inputs) input.drop();
    }
  };

  const dispose = (): void => {
    for (const recording of recordings.values()) release(recording);
    recordings.clear();
  };
  return Object.defineProperty(
    Object.assign(run, { [Symbol.dispose]: dispose, signatures: 0 }),
    'signatures',
    {
      get: () => recordings.size,
    },
  );
}

function release(recording: Promise<Recording<unknown>>): void {
  recording.then(
    ({ graph }) => {
      graph.release();
    },
    () => undefined, // what could not be recorded holds nothing
  );
}

/** Calls the function with leaves in the place of its arrays. */
async function record<A extends readonly unknown[], R>(
  context: ArrayContext,
  fn: (...args: A) => R,
  args: A,
): Promise<Recording<R>> {
  const first = make.leaf([], 'float32').id;
  const { placeholders, nodes, rebuild } = called(context, fn, args);
  try {
    const outputs = [...new Set(nodes)].filter((node) => !placeholders.includes(node));
    const sources = nodes.map((node) => {
      const place = placeholders.indexOf(node);
      return place >= 0
        ? ({ from: 'input', place } as const)
        : ({ from: 'output', place: outputs.indexOf(node) } as const);
    });
    // What was recorded before is the same in every run.
    const older = [...upstream(outputs)].filter((node) => node.id < first);
    await context.settle(older, 'compile');
    const graph = await context.telling(context.executor.compile(placeholders, outputs));
    return { graph, rebuild, sources, outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })) };
  } finally {
    for (const node of nodes) node.drop();
  }
}

/** The nodes of what the function gives are held; all else that it makes is freed. */
function called<A extends readonly unknown[], R>(context: ArrayContext, fn: (...args: A) => R, args: A) {
  const { ledger } = context;
  const given = flatten(args);
  const placeholders = given.arrays.map(({ shape, dtype }) => make.leaf(shape, dtype));
  const scope = ledger.open();
  try {
    const result = context.whileRecording('compile(fn)', () =>
      fn(...given.rebuild(placeholders.map((node) => context.adopt(node)))),
    );
    if (result instanceof Promise)
      throw new UserError('compile: the function must record at once; it returned a promise.');
    const { arrays, rebuild } = flatten(result);
    return { placeholders, rebuild, nodes: arrays.map((array) => context.nodeOf('compile', array).hold()) };
  } finally {
    ledger.close(scope, new Set());
  }
}

async function replay<R>(
  context: ArrayContext,
  { graph, rebuild, sources, outputs }: Recording<R>,
  inputs: readonly Node[],
): Promise<R> {
  await context.settle(inputs.filter(isUnsettled), 'compile');
  const values = await context.telling(graph.run(inputs.map(storedOf)));
  const nodes = outputs.map(({ shape, dtype }, i) => make.leaf(shape, dtype, values[i]));
  const results = sources.map(({ from, place }) => (from === 'input' ? inputs : nodes)[place]);
  return rebuild(results.flatMap((node) => (node === undefined ? [] : [context.adopt(node)])));
}

function storedOf({ stored, id }: Node): Stored {
  if (stored === undefined) throw new Error(`Invariant violation: node ${id} was computed and has no values`);
  return stored;
}
