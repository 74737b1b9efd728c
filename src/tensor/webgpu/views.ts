/** Elements of what only moves codes: those of an input, at other coordinates. */
import { add, constant, divide, placeOf, plus, rangeOf, scale } from './affine';
import { bitsOfCode, hex } from './codes';
import { depthAt, type Coordinates, type Elements } from './elements';
import type { Form } from './map';
import type { Value, ValueOp } from './value';

const KINDS = [
  'copy',
  'reshape',
  'permute',
  'broadcast',
  'slice',
  'window',
  'pad',
  'concat',
  'gather',
] as const satisfies readonly ValueOp['kind'][];
type ViewKind = (typeof KINDS)[number];
type ViewOf<K extends ViewKind> = Extract<ValueOp, { readonly kind: K }>;

interface Read {
  readonly elements: Elements;
  readonly value: Value;
  /** The first input. */
  readonly x: Value;
  readonly at: Coordinates;
  readonly form: Form;
}

type Rule<K extends ViewKind> = (op: ViewOf<K>, read: Read) => string;

const RULES: { readonly [K in ViewKind]: Rule<K> } = {
  copy: (_, { elements, x, at, form }) => elements.form(x, at, form),
  reshape: (_, { elements, value, x, at, form }) =>
    elements.form(x, elements.body.coordinates(placeOf(at, value.shape), x.shape), form),
  permute: ({ axes }, { elements, x, at, form }) =>
    elements.form(
      x,
      x.shape.map((_, axis) => at[axes.indexOf(axis)] ?? constant(0)),
      form,
    ),
  broadcast: (_, { elements, x, at, form }) =>
    elements.form(
      x,
      at.map((each, axis) => (x.shape[axis] === 1 ? constant(0) : each)),
      form,
    ),
  slice: ({ start, step }, { elements, x, at, form }) =>
    elements.form(
      x,
      at.map((each, axis) => plus(scale(each, step[axis] ?? 1), start[axis] ?? 0)),
      form,
    ),
  window: ({ axis, step, dilation }, { elements, x, at, form }) => {
    const place = add(scale(at[axis] ?? constant(0), step), scale(at[axis + 1] ?? constant(0), dilation));
    return elements.form(x, [...at.slice(0, axis), place, ...at.slice(axis + 2)], form);
  },
  pad: (op, { elements, value, x, at, form }) => {
    const filling = hex(form === 'code' ? op.code : bitsOfCode(value.dtype, op.code));
    if (x.size === 0) return filling;
    const { conditions, place } = within(op, elements, x, at);
    const element = elements.form(x, place, form);
    if (conditions.length === 0) return element;
    const inside = conditions.map((each) => `(${each})`).join(' & ');
    return elements.named(depthAt(at), `select(${filling}, ${element}, ${inside})`);
  },
  concat: ({ axis }, { elements, value, at, form }) => {
    const along = at[axis] ?? constant(0);
    const index = elements.body.place(along);
    let end = 0;
    let text = '';
    for (const part of value.inputs) {
      const [first, extent] = [end, part.shape[axis] ?? 0];
      const place = at.with(axis, elements.clamped(plus(along, -first), extent));
      const element = elements.form(part, place, form);
      text = text === '' ? element : `select(${text}, ${element}, ${index} >= ${first}u)`;
      end += extent;
    }
    return elements.named(depthAt(at), text);
  },
  gather: ({ outside }, { elements, value, x, at, form }) => {
    const nothing = hex(form === 'code' ? 0 : bitsOfCode(value.dtype, 0));
    const rows = x.shape[1] ?? 0;
    if (rows === 0) return nothing;
    const [outer = constant(0), j = constant(0), inner = constant(0)] = at;
    const { row, inside } = elements.row(value.input(1), [outer, j], rows, outside === 'clamp');
    const element = elements.form(x, [outer, row, inner], form);
    if (outside === 'clamp') return element;
    return elements.named(depthAt(at), `select(${nothing}, ${element}, ${inside})`);
  },
};

const isView = (op: ValueOp): op is ViewOf<ViewKind> => (KINDS as readonly string[]).includes(op.kind);

/** The name of the element in a form; undefined of what is no view. */
export function viewed(elements: Elements, value: Value, at: Coordinates, form: Form): string | undefined {
  const { op } = value;
  if (!isView(op)) return undefined;
  const rule = RULES[op.kind] as (op: ValueOp, read: Read) => string;
  return rule(op, { elements, value, x: value.input(0), at, form });
}

/** Where an element of a padded value comes from, and the conditions under which it does. */
function within(
  { low, interior }: ViewOf<'pad'>,
  elements: Elements,
  x: Value,
  at: Coordinates,
): { readonly conditions: readonly string[]; readonly place: Coordinates } {
  const { body } = elements;
  const conditions: string[] = [];
  const place = at.map((each, axis) => {
    const extent = x.shape[axis] ?? 1;
    const every = (interior[axis] ?? 0) + 1;
    const moved = plus(each, -(low[axis] ?? 0));
    const span = (extent - 1) * every + 1;
    const [least, most] = rangeOf(moved);
    if (least < 0 || most >= span) conditions.push(`${body.place(moved)} < ${span}u`);
    const [quotient, remainder] = divide(elements.clamped(moved, span), every, body.settle);
    if (rangeOf(remainder)[1] > 0) conditions.push(`${body.place(remainder)} == 0u`);
    return elements.clamped(quotient, extent);
  });
  return { conditions, place };
}
