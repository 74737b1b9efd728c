/**
 * The end of a product's outputs: values that are made of the product's elements in place, one of each of one, are stored in its
 * stead. The element comes as the code that would have been stored, so that fusing changes no bit.
 */
import { RESULT_BINDING, TAIL_BINDING, type Tail } from '../../execute/webgpu/tail';
import { render } from '../../execute/webgpu/template';
import { bitsOf } from '../../numerics';
import frame from '../../../shaders/tensor/tail.wgsl';
import { constant, keyOf, of, placeOf } from './affine';
import { Body } from './body';
import { hex } from './codes';
import { computed } from './computed';
import { Elements, type Coordinates } from './elements';
import { callsOf, type Context } from './kernel';
import { perWord, type Value } from './value';
import { viewed } from './views';

export interface ProductTail extends Tail {
  /** Of its bindings: what it reads, then what it writes besides the first; and the fills whose values it is told after them. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  readonly fills: readonly number[];
}

/** Where the element that is made of the product's lies in a value; `apart` where it is made of none, `elsewhere` where it is of others too. */
type Where = Coordinates | 'apart' | 'elsewhere';

/** Whether all of these values can end a product. */
export function endsProduct(
  product: Value,
  roots: readonly Value[],
  isStored: (value: Value) => boolean,
): boolean {
  const where = placesFrom(product, isInner(roots, isStored), new Body());
  return roots.every((root) => typeof where(root) !== 'string');
}

/** What the tail reads from memory: not its own values. */
const isInner =
  (roots: readonly Value[], isStored: (value: Value) => boolean) =>
  (value: Value): boolean =>
    !roots.includes(value) && isStored(value);

/** Follows the element at `matrix`, `row` and `column` of a product to the values that are made of it. */
function placesFrom(
  product: Value,
  isStored: (value: Value) => boolean,
  body: Body,
): (value: Value) => Where {
  const { op, shape } = product;
  if (op.kind !== 'matmul') throw new Error('Invariant violation: no product');
  const { m, n } = op;
  const extents = [shape[0] ?? 1, m, n];
  const start = ['matrix', 'row', 'column'].map((name, axis) => of(body.variable(name, extents[axis] ?? 1, 0)));
  const known = new Map<Value, Where>([[product, start]]);

  /** Where input i's element goes. */
  const moved = (value: Value, i: number, from: Coordinates): Where => {
    const x = value.input(i);
    if (x === product && x.shape[2] !== n) return cutsPadding(value, extents) ? from : 'elsewhere';
    switch (value.op.kind) {
      case 'map':
      case 'bitcast':
      case 'order':
        return from;
      case 'cast':
        return i === 0 ? from : 'elsewhere';
      case 'reshape':
        return body.coordinates(placeOf(from, x.shape), value.shape);
      case 'permute':
        return value.op.axes.map((axis) => from[axis] ?? constant(0));
      default:
        return 'elsewhere';
    }
  };
  const find = (value: Value): Where => {
    const found = known.get(value);
    if (found !== undefined) return found;
    const ways = isStored(value)
      ? []
      : value.inputs.map((input, i) => {
          const from = find(input);
          return typeof from === 'string' ? from : moved(value, i, from);
        });
    const [first = 'apart', ...others] = ways.filter((way) => way !== 'apart');
    const where = others.every((way) => keyAt(way) === keyAt(first)) ? first : 'elsewhere';
    known.set(value, where);
    return where;
  };
  return find;
}

const keyAt = (where: Where): string => (typeof where === 'string' ? where : where.map(keyOf).join());

/** Whether a value is a product without the columns that fill its rows up. */
const cutsPadding = ({ op, shape }: Value, extents: readonly number[]): boolean =>
  op.kind === 'slice' &&
  op.start.every((start) => start === 0) &&
  op.step.every((step) => step === 1) &&
  shape.every((extent, axis) => extent === extents[axis]);

export function tailOf(product: Value, roots: readonly Value[], { arithmetic, isStored }: Context): ProductTail {
  const elements = new Elements(isInner(roots, isStored), {
    viewed,
    computed: (each, value, at) => (value === product ? { code: 'product' } : computed(each, value, at)),
  });
  const { body, uses } = elements;
  const where = placesFrom(product, isInner(roots, isStored), body);
  for (const [i, root] of roots.entries()) {
    const at = where(root);
    if (typeof at === 'string') throw new Error(`Invariant violation: a ${root.op.kind} ends no product`);
    const code = elements.code(root, at);
    store(body, root, `y${i}`, body.place(placeOf(at, root.shape)), code);
  }
  const { reads, fills } = elements;
  const [, ...writes] = roots;
  const declare = (access: string, variable: string, binding: number, type: string): string =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${variable}: array<${type}>;`;
  const { conversions, functions } = callsOf(elements, arithmetic);
  const told = TAIL_BINDING + reads.length + writes.length;
  return {
    name: [...uses.alu, ...uses.activations, ...roots.map(({ dtype }) => `to ${dtype}`)].join(', '),
    source: [
      ...reads.map((_, i) => declare('read', `x${i}`, TAIL_BINDING + i, 'u32')),
      ...roots.map((root, i) =>
        declare(
          'read_write',
          `y${i}`,
          i === 0 ? RESULT_BINDING : TAIL_BINDING + reads.length + i - 1,
          perWord(root) === 1 ? 'u32' : 'atomic<u32>',
        ),
      ),
      render(frame, {
        BINDING: told,
        TOLD: Math.ceil(fills.length / 4),
        BODY: body.lines.map((line) => `  ${line}`).join('\n'),
      }),
      ...functions,
    ].join('\n'),
    conversions,
    bindings: [
      ...reads.map(() => 'read' as const),
      ...writes.map(() => 'write' as const),
      ...(fills.length > 0 ? (['uniform'] as const) : []),
    ],
    reads,
    writes,
    fills,
  };
}

/** Invocations share words of narrow formats: each replaces its own bits. */
function store(body: Body, root: Value, name: string, place: string, code: string): void {
  const elements = perWord(root);
  if (elements === 1) {
    body.line(`${name}[${place}] = ${code};`);
    return;
  }
  const bits = bitsOf(root.dtype);
  const word = body.define(0, `${name} word`, `${place} / ${elements}u`);
  const shift = body.define(0, `${name} shift`, `(${place} % ${elements}u) * ${bits}u`);
  body.line(`atomicAnd(&${name}[${word}], ~(${hex(2 ** bits - 1)} << ${shift}));`);
  body.line(`atomicOr(&${name}[${word}], ${code} << ${shift});`);
}
