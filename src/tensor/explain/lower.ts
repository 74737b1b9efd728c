/** From a graph to its Program: steps in order, each a section; values between them lie in HBM. */
import { CHIPS, dtypeProblem, type ChipName } from '../../chip';
import { kernel, KernelError, trace, type HbmView } from '../../kernel';
import { UserError, type Dtype } from '../../numerics';
import type { Program } from '../../program';
import type { Node } from '../graph';
import { codeOf } from '../reference/values';
import { joinsRows, onProduct, rowsOf, writeGroup, writeRows, type Places } from './elements';
import { fillOf, neededBy, stepsOf, type Group, type Product, type Step } from './groups';
import type { Constant } from './operand';
import { multiply, tileColumns } from './products';
import { fill, write, type Context } from './rules';
import { whole, type Strided } from './strided';
import { Writer, type Section } from './writer';

/** A tensor of the Program in HBM, and the node whose values it holds. */
export interface Port {
  readonly name: string;
  readonly node: Node;
}

export interface Lowered {
  readonly program: Program;
  readonly inputs: readonly Port[];
  /** One for each node that was wanted and has elements. */
  readonly outputs: readonly Port[];
  readonly sections: readonly Section[];
  readonly notes: readonly string[];
}

const shown = ({ dtype, shape }: { readonly dtype: Dtype; readonly shape: readonly number[] }): string =>
  `${dtype}[${shape.join(', ')}]`;

const nameOf = ({ op }: Node): string => {
  if (op.kind === 'map') return op.fn;
  if (op.kind === 'reduce') return `reduce ${op.reduction}`;
  return op.kind === 'scan' || op.kind === 'scatter'
    ? `${op.kind} ${op.kind === 'scan' ? op.scan : op.combine}`
    : op.kind;
};

const titleOf = (node: Node): string => {
  const inputs = node.inputs.map(shown).join(', ');
  return `${nameOf(node)}${inputs === '' ? '' : ` of ${inputs}`} to ${shown(node)}`;
};

/** Names of a group that are shown. */
const MOST_NAMES = 12;

function groupTitle(nodes: readonly Node[]): string {
  const [first] = nodes;
  if (first === undefined) return '';
  if (nodes.length === 1) return titleOf(first);
  const names = nodes.map(nameOf);
  const more = names.length - MOST_NAMES;
  const list = names.slice(0, MOST_NAMES).join(', ');
  return `${list}${more > 0 ? ` and ${more} more` : ''} of [${first.shape.join(', ')}]`;
}

const titleOfStep = (step: Step): string => {
  if (step.kind === 'node') return titleOf(step.node);
  const { nodes, product, reductions } = step;
  const totals = reductions.map((node) => `${nameOf(node)} to ${shown(node)}`);
  return [...(product === undefined ? [] : [titleOf(product)]), groupTitle(nodes), ...totals].join('; ');
};

/** The shape of a tensor in HBM, which has an axis at least. */
const stored = (shape: readonly number[]): readonly number[] => (shape.length === 0 ? [1] : shape);

/**
 * @param most instructions; 1,000,000 when left out.
 * @throws UserError where the chip has no such Program: it names the primitive, shapes, formats and chip.
 */
export function lower(wanted: readonly Node[], chip: ChipName, most?: number): Lowered {
  const needed = neededBy(wanted).filter(({ size }) => size > 0);
  const inputs = needed
    .filter(({ op }) => op.kind === 'leaf')
    .map((node, i): Port => ({ name: `x${i}`, node }));
  const outputs = [...new Set(wanted)]
    .filter(({ size }) => size > 0)
    .map((node, i): Port => ({ name: `y${i}`, node }));
  for (const node of needed) requireDtype(node, chip);
  let writer: Writer | undefined;
  const body = kernel(
    'arrays',
    inputs.map(({ name }) => name),
    (nc, views) => {
      writer = new Writer(nc, most);
      new Lowering(writer, inputs, outputs, views).run(stepsOf(wanted));
    },
  );
  const given = Object.fromEntries(
    inputs.map(({ name, node: { shape, dtype } }) => [name, { shape: stored(shape), dtype }]),
  );
  try {
    const { program } = trace(body, { chip, inputs: given, budget: 2 ** 31, locate: () => undefined });
    return {
      program,
      inputs,
      outputs,
      sections: writer?.sections ?? [],
      notes: [...(writer?.notes ?? [])],
    };
  } catch (error) {
    // The builder has what was thrown while it was used as its cause.
    if (error instanceof KernelError && error.cause instanceof Error) throw error.cause;
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`explain: these arrays have no Program on ${chip}: ${reason(error)}`, {
      cause: error,
    });
  }
}

const reason = (error: Error): string => (error instanceof KernelError ? error.rule : error.message);

function requireDtype(node: Node, chip: ChipName): void {
  const problem = dtypeProblem(CHIPS[chip], node.dtype);
  if (problem !== undefined) throw failed(titleOf(node), chip, problem);
}

const failed = (title: string, chip: ChipName, why: string, cause?: unknown): UserError =>
  new UserError(`explain: ${title} has no Program on ${chip}: ${why}`, { cause });

/** Values as they come to lie somewhere. */
class Lowering implements Context {
  readonly writer: Writer;
  readonly #outputs: ReadonlyMap<Node, string>;
  readonly #values = new Map<Node, Strided>();
  readonly #targets = new Map<Node, Strided>();

  constructor(
    writer: Writer,
    inputs: readonly Port[],
    outputs: readonly Port[],
    views: Readonly<Record<string, HbmView>>,
  ) {
    this.writer = writer;
    this.#outputs = new Map(outputs.map(({ name, node }) => [node, name]));
    for (const { name, node } of inputs) {
      const view = views[name];
      if (view !== undefined) this.#values.set(node, whole(view, node.dtype, node.shape));
    }
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) {
      const title = titleOfStep(step);
      // What is the same everywhere is written where it is needed.
      if (step.kind === 'node' && fillOf(step.node) !== undefined && !this.#outputs.has(step.node)) continue;
      this.writer.begin(title);
      try {
        if (step.kind === 'node') this.#writeNode(step.node);
        else this.#writeGroup(step);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        throw failed(title, this.writer.chip, reason(error), error);
      }
    }
  }

  readonly valueOf = (node: Node): Strided => {
    let value = this.#values.get(node);
    if (value !== undefined) return value;
    const constant = this.constantOf(node);
    if (constant === undefined)
      throw new Error(`Invariant violation: the values of node ${node.id} (${node.op.kind}) are nowhere`);
    value = this.targetOf(node);
    fill(this.writer, value, constant.code);
    this.#values.set(node, value);
    return value;
  };

  readonly targetOf = (node: Node): Strided => {
    let target = this.#targets.get(node);
    if (target === undefined) {
      const { shape, dtype } = node;
      const name = this.#outputs.get(node);
      target =
        name === undefined
          ? this.writer.between(dtype, shape)
          : whole(this.writer.nc.hbm(name, stored(shape), dtype), dtype, shape);
      this.#targets.set(node, target);
    }
    return target;
  };

  readonly constantOf = (node: Node): Constant | undefined => {
    const filled = fillOf(node);
    if (filled === undefined) return undefined;
    const { op, dtype } = filled;
    return { kind: 'constant', dtype, code: codeOf(dtype, op.value) };
  };

  /** Seeds are constants of instructions: a key that the host holds is one. */
  readonly #seedOf = (key: Node | undefined): number => {
    const [low = 0, high = 0, instance = 0, launch = 0] = key?.stored?.codes ?? [];
    const isKnown = key?.stored?.codes !== undefined;
    if (!isKnown || instance !== 0 || launch !== 0)
      this.writer.notes.add(
        'Stochastic rounding draws by the seed alone, which is a constant of its instructions: bits differ for keys that are computed, and for those whose instance or launch is not 0.',
      );
    return Number.isSafeInteger(high * 2 ** 32 + low) ? high * 2 ** 32 + low : low;
  };

  #writeNode(node: Node): void {
    const constant = this.constantOf(node);
    if (constant !== undefined) {
      this.valueOf(node);
      return;
    }
    const value = write(node, this);
    if (!this.#outputs.has(node) || value === this.#targets.get(node)) {
      this.#values.set(node, value);
      return;
    }
    const target = this.targetOf(node);
    this.writer.move(target, value);
    this.#values.set(node, target);
  }

  #writeGroup(step: Extract<Step, { kind: 'elements' }>): void {
    const { writer, constantOf, valueOf, targetOf } = this;
    const places = { constantOf, valueOf, targetOf, seedOf: this.#seedOf };
    const { product, reductions } = step;
    if (joinsRows(writer, step)) {
      writeRows(writer, step, places);
      for (const node of [...step.outputs, ...reductions]) this.#values.set(node, targetOf(node));
      return;
    }
    const joined = reductions.flatMap(({ inputs }) => inputs);
    const group = { ...step, outputs: [...new Set([...step.outputs, ...joined])] };
    if (product === undefined || !this.#multiplied(group, product, places)) writeGroup(writer, group, places);
    for (const node of group.outputs) this.#values.set(node, targetOf(node));
    for (const node of reductions) this.#writeNode(node);
  }

  /** Multiplies, and works on the tiles as they come, where all that lives then has room. */
  #multiplied(step: Group, product: Product, places: Places): boolean {
    const [a, b] = product.inputs.map(this.valueOf);
    if (a === undefined || b === undefined) throw new Error('Invariant violation: a product of nothing');
    const { writer } = this;
    if (rowsOf(writer, step) < tileColumns(product.op, a, b, product, writer.chip)) {
      this.#writeNode(product);
      return false;
    }
    multiply(writer, product.op, a, b, product, onProduct(writer, step, places, product));
    return true;
  }
}
