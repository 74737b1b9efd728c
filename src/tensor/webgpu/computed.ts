/** Elements of what computes: texts of functions of the elements of inputs, and loops over them. */
import type { Encoding } from '../../execute/webgpu/conversions';
import type { Dtype } from '../../numerics';
import { REDUCE_BLOCK, type Scan } from '../graph';
import { add, constant, keyOf, of, placeOf, rangeOf, scale, type Affine } from './affine';
import { bitsOfCode, codeOf, hex } from './codes';
import { depthAt, type Coordinates, type Elements, type Texts } from './elements';
import { integerText, isWide, mapped, type Form } from './map';
import type { Value, ValueOp } from './value';

/** `f_add` of -0 gives the other side, whatever it is. */
const NEUTRAL = { add: -0, multiply: 1, maximum: -Infinity, minimum: Infinity } as const;
const NEUTRAL_WORD = {
  int32: { add: 0, multiply: 1, maximum: 0x80000000, minimum: 0x7fffffff },
  uint32: { add: 0, multiply: 1, maximum: 0, minimum: 0xffffffff },
} as const;

const KINDS = [
  'constant',
  'fill',
  'iota',
  'random',
  'map',
  'cast',
  'bitcast',
  'order',
  'reduce',
  'places',
] as const satisfies readonly ValueOp['kind'][];
type ComputedKind = (typeof KINDS)[number];
type ComputedOf<K extends ComputedKind> = Extract<ValueOp, { readonly kind: K }>;

interface Read {
  readonly elements: Elements;
  readonly value: Value;
  readonly at: Coordinates;
}

type Rule<K extends ComputedKind> = (op: ComputedOf<K>, read: Read) => Texts;

const RULES: { readonly [K in ComputedKind]: Rule<K> } = {
  constant: ({ code }, { value }) => ({ code: hex(code), number: hex(bitsOfCode(value.dtype, code)) }),
  fill: ({ index }, { elements: { fills } }) => {
    if (!fills.includes(index)) fills.push(index);
    return { code: `fill(${fills.indexOf(index)}u)` };
  },
  iota: ({ axis }, { elements, at }) => ({ code: elements.body.place(at[axis] ?? constant(0)) }),
  random: (_, { elements, value, at }) => ({
    code: draw(elements, value.input(0), placeOf(at, value.shape)),
  }),
  map: ({ fn }, { elements, value: { inputs, dtype }, at }) => {
    const dtypes = inputs.map((input) => input.dtype);
    const { takes, result } = mapped(fn, dtypes, dtype, elements.uses);
    const operands = inputs.map((input, i) => elements.form(input, at, takes[i] ?? 'number'));
    return rounded(elements, dtype, result(operands));
  },
  cast: (op, read) => cast(op, read),
  bitcast: (_, { elements, value, at }) => ({ code: elements.code(value.input(0), at) }),
  order: ({ descending }, { elements, value, at }) => ({
    code: orderText(elements, value.input(0), at, descending),
  }),
  reduce: ({ reduction }, read) => reduce(reduction, read),
  places: ({ reduction }, read) => ({ code: places(reduction === 'argmaximum', read) }),
};

const isComputed = (op: ValueOp): op is ComputedOf<ComputedKind> =>
  (KINDS as readonly string[]).includes(op.kind);

export function computed(elements: Elements, value: Value, at: Coordinates): Texts {
  const { op } = value;
  if (!isComputed(op)) throw new Error(`Invariant violation: ${op.kind} has no element by itself`);
  const rule = RULES[op.kind] as (op: ValueOp, read: Read) => Texts;
  return rule(op, { elements, value, at });
}

/** What a primitive gives, rounded to its format: a number of float32 is its result. */
const rounded = (elements: Elements, dtype: Dtype, texts: Texts): Texts =>
  texts.code !== undefined || texts.number === undefined || dtype === 'float32'
    ? texts
    : { code: elements.encode(dtype, texts.number) };

function cast({ rounding, saturate }: ComputedOf<'cast'>, { elements, value, at }: Read): Texts {
  const { dtype, shape } = value;
  const [x, key] = [value.input(0), value.inputs[1]];
  if (isWide(x.dtype) && isWide(dtype)) {
    const code = elements.code(x, at);
    const clamped = {
      int32: `min(${code}, 0x7fffffffu)`,
      uint32: `select(${code}, 0u, ${code} >= 0x80000000u)`,
    };
    return { code: clamped[dtype] };
  }
  const number = elements.form(x, at, 'number');
  const how: Omit<Encoding, 'dtype'> = { rounding, saturate };
  if (key === undefined)
    return dtype === 'float32' && !saturate ? { number } : { code: elements.encode(dtype, number, how) };
  const word = elements.named(depthAt(at), draw(elements, key, placeOf(at, shape)));
  return { code: elements.encode(dtype, number, how, word) };
}

/** The word that element `place` draws. */
function draw(elements: Elements, key: Value, place: Affine): string {
  elements.draws = true;
  const [low = '', high = '', instance = '', launch = ''] = [0, 1, 2, 3].map((i) =>
    elements.code(key, [constant(i)]),
  );
  return `stochastic_draw(vec2<u32>(${low}, ${high}), ${launch}, ${instance}, ${elements.body.place(place)})`;
}

/** A word that rises (or falls) with the number, the same for both zeros; NaN has the greatest. */
function orderText(elements: Elements, x: Value, at: Coordinates, falling: boolean): string {
  const turned = falling ? 0xffffffff : 0;
  if (isWide(x.dtype))
    return `${elements.code(x, at)} ^ ${hex((x.dtype === 'int32' ? 0x80000000 : 0) ^ turned)}`;
  elements.orders = true;
  return `order_of(${elements.form(x, at, 'number')}, ${hex(turned)})`;
}

/** The words of an accumulator: of 32-bit integers themselves, else float32 bits. */
export interface Accumulator {
  readonly form: Form;
  readonly start: string;
  readonly join: (total: string, element: string) => string;
  /** The code of a total. */
  readonly code: (total: string) => string;
}

export function accumulator(elements: Elements, reduction: Scan, x: Dtype, dtype: Dtype): Accumulator {
  if (isWide(dtype) && x === dtype)
    return {
      form: 'code',
      start: hex(NEUTRAL_WORD[dtype][reduction]),
      join: (total, element) => integerText(reduction, dtype, total, element, elements.uses),
      code: (total) => total,
    };
  elements.uses.alu.add(reduction);
  return {
    form: 'number',
    start: hex(codeOf('float32', NEUTRAL[reduction])),
    join: (total, element) => `alu_${reduction}(${total}, ${element})`,
    code: (total) => elements.encode(dtype, total),
  };
}

/** Calls back with each element of the block that `at` names: its turn, and its place in the row. */
function block(
  { body }: Elements,
  length: number,
  at: Coordinates,
  write: (turn: string, place: Affine) => void,
): void {
  const depth = depthAt(at);
  const first = scale(at[1] ?? constant(0), REDUCE_BLOCK);
  const whole = length % REDUCE_BLOCK === 0 || length < REDUCE_BLOCK;
  const extent = Math.min(length, REDUCE_BLOCK);
  const count = whole
    ? `${extent}u`
    : body.define(
        depth,
        `block ${keyOf(first)} ${length}`,
        `min(${length}u - ${body.place(first)}, ${extent}u)`,
      );
  body.loop(count, extent, (turn) => {
    const sum = add(first, of(turn));
    const reaches = rangeOf(sum)[1] >= length;
    write(turn.name, reaches ? of(body.settle(sum, length)) : sum);
  });
}

function reduce(reduction: Scan, { elements, value, at }: Read): Texts {
  const { body } = elements;
  const x = value.input(0);
  const { form, start, join } = accumulator(elements, reduction, x.dtype, value.dtype);
  const total = body.fresh();
  body.at(depthAt(at), () => {
    body.line(`var ${total} = ${start};`);
    block(elements, x.shape[1] ?? 0, at, (_, place) => {
      const element = elements.form(x, [at[0] ?? constant(0), place], form);
      body.line(`${total} = ${join(total, element)};`);
    });
  });
  return rounded(elements, value.dtype, { [form]: total });
}

/** The first place of the greatest (or least) element: NaN is both. */
function places(greatest: boolean, { elements, value, at }: Read): string {
  const { body } = elements;
  const [x, found] = [value.input(0), value.inputs[1]];
  const row = at[0] ?? constant(0);
  const [best, known] = [body.fresh(), body.fresh()];
  const length = x.shape[1] ?? 0;
  body.at(depthAt(at), () => {
    body.line(`var ${best} = 0u;`);
    body.line(`var ${known} = 0u;`);
    block(elements, found?.shape[1] ?? length, at, (turn, each) => {
      let place = each;
      if (found !== undefined) {
        const code = elements.code(found, [row, each]);
        place = body.settled(body.depth, `found ${code}`, code, length);
      }
      const word = elements.named(body.depth, orderText(elements, x, [row, place], !greatest));
      const better = elements.named(body.depth, `(${turn} == 0u) | (${word} > ${known})`);
      body.line(`${best} = select(${best}, ${body.place(place)}, ${better});`);
      body.line(`${known} = select(${known}, ${word}, ${better});`);
    });
  });
  return best;
}
