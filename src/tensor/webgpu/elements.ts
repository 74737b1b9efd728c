/**
 * The text of one element of a value at given coordinates: everything that is not in memory is computed where it is read, and
 * views change coordinates alone.
 */
import type { Encoding } from '../../execute/webgpu/conversions';
import type { Dtype } from '../../numerics';
import { constant, depthOf, keyOf, placeOf, rangeOf, type Affine } from './affine';
import { Body } from './body';
import { hex } from './codes';
import type { Form, Uses } from './map';
import { perWord, type Value } from './value';

export type Coordinates = readonly Affine[];

export const depthAt = (at: Coordinates): number =>
  at.reduce((depth, each) => Math.max(depth, depthOf(each)), 0);
const keyAt = (at: Coordinates): string => at.map(keyOf).join();

/** What an element is, in one form or in either. */
export type Texts = Readonly<Partial<Record<Form, string>>>;

/** What elements of values are that are not in memory. */
export interface Rules {
  /** Of what only moves codes: that of an input. */
  readonly viewed: (elements: Elements, value: Value, at: Coordinates, form: Form) => string | undefined;
  readonly computed: (elements: Elements, value: Value, at: Coordinates) => Texts;
}

export class Elements {
  readonly body = new Body();
  readonly uses: Uses = { alu: new Set(), activations: new Set(), integers: false, composed: false };
  readonly decoded = new Set<Dtype>();
  readonly encoded = new Map<string, Encoding>();
  /** Whether random words are drawn. */
  draws = false;
  /** Whether values that are to be ordered are. */
  orders = false;
  /** Fills whose values the kernel is told. */
  readonly fills: number[] = [];
  /** What is read from memory, in the order of the bindings. */
  readonly reads: Value[] = [];
  /** Whether an invocation computes four elements, from which place on is a multiple of four. */
  readonly quads: boolean;
  readonly #isStored: (value: Value) => boolean;
  readonly #rules: Rules;
  readonly #single: ReadonlySet<Value>;
  readonly #asQuads = new Set<Value>();
  readonly #asWords = new Set<Value>();

  /** @param single where four elements are computed at once, what is read by words all the same. */
  constructor(isStored: (value: Value) => boolean, rules: Rules, single?: ReadonlySet<Value>) {
    this.#isStored = isStored;
    this.#rules = rules;
    this.quads = single !== undefined;
    this.#single = single ?? new Set();
  }

  /** Whether a value is read by four elements at a time, and whether by words too. */
  isQuad(value: Value): boolean {
    return this.#asQuads.has(value);
  }

  isMixed(value: Value): boolean {
    return this.#asQuads.has(value) && this.#asWords.has(value);
  }

  code(value: Value, at: Coordinates): string {
    return this.form(value, at, 'code');
  }

  form(value: Value, at: Coordinates, form: Form): string {
    if (value.size === 0) return '0u';
    const depth = depthAt(at);
    const keyOfForm = (each: Form): string => `${value.id} ${each} ${keyAt(at)}`;
    const known = this.body.known(keyOfForm(form));
    if (known !== undefined) return known;
    const keep = (each: Form, text: string): string => {
      const name = this.named(depth, text);
      this.body.remember(depth, keyOfForm(each), name);
      return name;
    };
    const stored = this.#isStored(value);
    const seen = stored ? undefined : this.#rules.viewed(this, value, at, form);
    if (seen !== undefined) return keep(form, seen);
    const other = form === 'code' ? 'number' : 'code';
    let from = this.body.known(keyOfForm(other));
    if (from === undefined) {
      const texts = stored ? { code: this.#load(value, at) } : this.#rules.computed(this, value, at);
      const text = texts[form];
      if (text !== undefined) return keep(form, text);
      from = keep(other, texts[other] ?? '0u');
    }
    return keep(form, form === 'code' ? this.encode(value.dtype, from) : this.decode(value.dtype, from));
  }

  /** A text by a name, unless it is one. */
  named(depth: number, text: string): string {
    return /^\w+$/.test(text) ? text : this.body.define(depth, `= ${text}`, text);
  }

  decode(dtype: Dtype, code: string): string {
    if (dtype === 'float32') return code;
    if (dtype === 'bfloat16') return `${code} << 16u`;
    this.decoded.add(dtype);
    return `decode_from_${dtype}(${code})`;
  }

  encode(dtype: Dtype, number: string, encoding: Omit<Encoding, 'dtype'> = {}, draw?: string): string {
    const { rounding = 'nearest-even', saturate = false } = encoding;
    const name = `encode_to_${dtype}${rounding === 'nearest-even' ? '' : `_${rounding.replace('-', '_')}`}${saturate ? '_saturated' : ''}`;
    this.encoded.set(name, { dtype, rounding, saturate });
    return `${name}(${number}${draw === undefined ? '' : `, ${draw}`})`;
  }

  /** The word or the part of it that holds an element in memory. */
  #load(value: Value, at: Coordinates): string {
    if (!this.reads.includes(value)) this.reads.push(value);
    const name = `x${this.reads.indexOf(value)}`;
    const place = placeOf(at, value.shape);
    const elements = perWord(value);
    const quad = this.quads && !this.#single.has(value) && elements <= 4 ? quarter(place) : undefined;
    if (quad === undefined) {
      this.#asWords.add(value);
      return loadText(name, this.body.place(place), elements);
    }
    this.#asQuads.add(value);
    const words = this.named(depthOf(place), `${name}[${this.body.place(quad)}]`);
    return partText(words, place.constant & 3, elements);
  }

  /** The row that an index chooses, some row where it lies outside, and whether it lies inside. */
  row(
    index: Value,
    [outer, j]: readonly [Affine, Affine],
    rows: number,
    clamp: boolean,
  ): { readonly row: Affine; readonly inside: string } {
    const { body } = this;
    const at = [index.shape[0] === 1 ? constant(0) : outer, j];
    const depth = depthAt(at);
    const code = this.code(index, at);
    const inside = body.define(depth, `inside ${rows} ${code}`, `${code} < ${rows}u`);
    const nearest = clamp
      ? `u32(clamp(bitcast<i32>(${code}), 0, ${rows - 1}))`
      : `min(${code}, ${rows - 1}u)`;
    return { row: body.settled(depth, `row ${nearest}`, nearest, rows), inside };
  }

  /** A coordinate that may lie outside, and then is of no use, brought inside. */
  clamped(sum: Affine, extent: number): Affine {
    const [low, high] = rangeOf(sum);
    if (low >= 0 && high < extent) return sum;
    const text = `min(${this.body.place(sum)}, ${extent - 1}u)`;
    return this.body.settled(depthOf(sum), text, text, extent);
  }
}

/** The number of the four elements that one is of, where that is the same in every invocation's four. */
function quarter({ constant: value, terms }: Affine): Affine | undefined {
  if (terms.length === 0 || value < 0 || terms.some(({ factor }) => factor % 4 !== 0)) return undefined;
  return {
    constant: Math.floor(value / 4),
    terms: terms.map((term) => ({ ...term, factor: term.factor / 4 })),
  };
}

/** Element i of four. */
function partText(words: string, i: number, elements: number): string {
  const component = 'xyzw'[Math.floor(i / elements)] ?? 'x';
  if (elements === 1) return `${words}.${component}`;
  const bits = 32 / elements;
  const word = elements === 4 ? words : `${words}.${component}`;
  return `(${word} >> ${(i % elements) * bits}u) & ${hex(2 ** bits - 1)}`;
}

/** Element `place` of packed words. */
export function loadText(name: string, place: string, elements: number): string {
  if (elements === 1) return `${name}[${place}]`;
  const bits = 32 / elements;
  const shift = Math.log2(elements);
  return `(${name}[${place} >> ${shift}u] >> ((${place} & ${elements - 1}u) * ${bits}u)) & ${hex(2 ** bits - 1)}`;
}
