/**
 * The end of a product's outputs: values that are made of the product's elements in place, one of each of one, are stored in its
 * stead. The element comes as the code that would have been stored, so that fusing changes no bit.
 */
import { RESULT_BINDING, TAIL_BINDING, type Tail } from '../../execute/webgpu/tail';
import { render } from '../../execute/webgpu/template';
import frame from '../../../shaders/tensor/tail.wgsl';
import { constant, keyOf, of, placeOf, type Affine, type Variable } from './affine';
import { Body } from './body';
import { hex } from './codes';
import { computed } from './computed';
import { Elements, type Coordinates } from './elements';
import { callsOf, type Context } from './kernel';
import { perWord, type Value, type ValueOp } from './value';
import { viewed } from './views';

export interface ProductTail extends Tail {
  /** Of its bindings: what it reads, then what it writes besides the first; and the fills whose values it is told after them. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  readonly fills: readonly number[];
}

const SAME_PLACE: ReadonlySet<ValueOp['kind']> = new Set(['map', 'cast', 'bitcast', 'order']);

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
  const start = ['matrix', 'row', 'column'].map((name, axis) =>
    of(body.variable(name, extents[axis] ?? 1, 0)),
  );
  const known = new Map<Value, Where>([[product, start]]);

  /** Where input i's element goes. */
  const moved = (value: Value, i: number, from: Coordinates): Where => {
    const x = value.input(i);
    if (x === product && x.shape[2] !== n) return cutsPadding(value, extents) ? from : 'elsewhere';
    const { op } = value;
    if (op.kind === 'reshape') return body.coordinates(placeOf(from, x.shape), value.shape);
    if (op.kind === 'permute') return op.axes.map((axis) => from[axis] ?? constant(0));
    const isKey = op.kind === 'cast' && i > 0;
    return SAME_PLACE.has(op.kind) && !isKey ? from : 'elsewhere';
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

export function tailOf(product: Value, roots: readonly Value[], context: Context): ProductTail {
  const { elements } = write(product, roots, context, 1);
  const { reads, fills, uses } = elements;
  const [, ...writes] = roots;
  const declare = (access: string, variable: string, binding: number, type: string): string =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${variable}: array<${type}>;`;
  const { conversions, functions } = callsOf(elements, context.arithmetic);
  const source = (columns: number): string => {
    const { elements: again, packed } = write(product, roots, context, columns);
    const type = (root: Value): string => (perWord(root) === 1 || packed.has(root) ? 'u32' : 'atomic<u32>');
    return [
      ...reads.map((_, i) => declare('read', `x${i}`, TAIL_BINDING + i, 'u32')),
      ...roots.map((root, i) => {
        const binding = i === 0 ? RESULT_BINDING : TAIL_BINDING + reads.length + i - 1;
        return declare('read_write', `y${i}`, binding, type(root));
      }),
      ...roots.flatMap((root, i) => (packed.has(root) ? [`var<private> word${i}: u32;`] : [])),
      render(frame, {
        BINDING: TAIL_BINDING + reads.length + writes.length,
        TOLD: Math.ceil(fills.length / 4),
        BODY: again.body.lines.map((line) => `  ${line}`).join('\n'),
      }),
      ...functions,
    ].join('\n');
  };
  return {
    name: [...uses.alu, ...uses.activations, ...roots.map(({ dtype }) => `to ${dtype}`)].join(', '),
    source,
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

/** The statements, and the values of which an invocation owns whole words. */
function write(
  product: Value,
  roots: readonly Value[],
  { isStored }: Context,
  columns: number,
): { readonly elements: Elements; readonly packed: ReadonlySet<Value> } {
  const elements = new Elements(isInner(roots, isStored), {
    viewed,
    computed: (each, value, at) => (value === product ? { code: 'product' } : computed(each, value, at)),
  });
  const { body } = elements;
  const where = placesFrom(product, isInner(roots, isStored), body);
  const packed = new Set<Value>();
  for (const [i, root] of roots.entries()) {
    const at = where(root);
    if (typeof at === 'string') throw new Error(`Invariant violation: a ${root.op.kind} ends no product`);
    const place = placeOf(at, root.shape);
    const [code, name] = [elements.code(root, at), body.place(place)];
    const count = perWord(root);
    if (count === 1) {
      body.line(`y${i}[${name}] = ${code};`);
      continue;
    }
    const bits = `${32 / count}u`;
    const within = `(column & ${count - 1}u)`;
    if (columns % count === 0 && isRowed(place, count)) {
      packed.add(root);
      body.line(`word${i} = select(word${i}, 0u, ${within} == 0u) | (${code} << (${within} * ${bits}));`);
      body.line(`if (${within} == ${count - 1}u) {`);
      body.line(`  y${i}[${name} / ${count}u] = word${i};`);
      body.line('}');
      continue;
    }
    // Invocations share words: each replaces its own bits.
    const [word, shift] = [body.fresh(), body.fresh()];
    body.line(`let ${word} = ${name} / ${count}u;`);
    body.line(`let ${shift} = (${name} & ${count - 1}u) * ${bits};`);
    body.line(`atomicAnd(&y${i}[${word}], ~(${hex(2 ** (32 / count) - 1)} << ${shift}));`);
    body.line(`atomicOr(&y${i}[${word}], ${code} << ${shift});`);
  }
  return { elements, packed };
}

/** Whether elements of `count` neighbouring columns, from a multiple of that on, lie in one word. */
const isRowed = ({ constant: value, terms }: Affine, count: number): boolean =>
  value % count === 0 &&
  terms.every(
    ({ variable, divisor, modulus, factor }) =>
      factor % count === 0 ||
      (variable.name === 'column' && divisor === 1 && factor === 1 && wholeDigits(modulus, variable, count)),
  );

/** Whether a digit begins anew, and ends, with a whole word. */
const wholeDigits = (modulus: number, { extent }: Variable, count: number): boolean =>
  extent % count === 0 && modulus % count === 0;
