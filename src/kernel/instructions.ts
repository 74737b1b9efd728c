/**
 * From the call of an instruction to its operands: options are sorted by the form into sources, attributes and results, and
 * what is missing, misspelt or of the wrong kind is told.
 */
import { nearestName, UserError } from '../numerics';
import { FORMS } from '../program';
import type { Form, Opcode, Pattern } from '../program';
import type { AttributeForm, OperandForm, Place } from '../program/forms/form';
import { Affine, Register } from './register';
import type { ViewOwner } from './strided';
import { ChipView, HbmView, type Joining, type View } from './views';

/** Options as a caller gave them. */
export type Given = Readonly<Record<string, unknown>>;

/** What an instruction has besides its engine and id. */
export interface Draft {
  readonly dst: Pattern | undefined;
  readonly results: Readonly<Record<string, Pattern>>;
  readonly sources: Readonly<Record<string, Pattern>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Its on-chip operands and their indices. */
  readonly used: readonly ChipView[];
}

/** Where the index of an operand goes, and its stride. */
const INDEXED: Readonly<Record<string, readonly [index: string, stride: string]>> = {
  dst: ['dst_index', 'dst_stride'],
  src: ['src_index', 'src_stride'],
  src0: ['src_index', 'src_stride'],
};

/** Sorts the options of one opcode. */
export class Drafter {
  readonly #opcode: Opcode;
  readonly #form: Form;
  readonly #sources: readonly [string, OperandForm][];
  readonly #attributes: readonly [string, AttributeForm][];
  readonly #results: readonly [string, OperandForm][];
  /** What the first argument is: dst, or the register or the source of an instruction without one. */
  readonly #first: string;
  /** All that options may have. */
  readonly #known: ReadonlySet<string>;

  /** `more` options are there for authors and not in the form. */
  constructor(opcode: Opcode, more: readonly string[]) {
    const form: Form = FORMS[opcode];
    this.#opcode = opcode;
    this.#form = form;
    this.#sources = Object.entries(form.sources);
    this.#attributes = Object.entries(form.attributes);
    this.#results = Object.entries(form.results);
    const names = [form.sources, form.attributes, form.results].flatMap((forms) => Object.keys(forms));
    const known = [...names, ...more, 'engine', 'name'];
    this.#first = firstOf(form);
    this.#known = new Set(known.filter((name) => name !== this.#first));
  }

  /** @throws UserError for options that the instruction has not. */
  requireKnown(options: Given): void {
    for (const name in options) {
      if (this.#known.has(name)) continue;
      const meant = nearestName(name, this.#known);
      throw new UserError(
        `${this.#opcode} has no option "${name}"${meant === undefined ? '.' : `: did you mean ${meant}?`} It takes ${[...this.#known].join(', ')}.`,
      );
    }
  }

  /**
   * `joining` says how the dims of an operand are shown.
   *
   * @throws UserError when an operand is missing, or something is of the wrong kind.
   */
  draft(dst: unknown, options: Given, owner: ViewOwner, joining: (operand: string) => Joining): Draft {
    const form = this.#form;
    const used: ChipView[] = [];
    const sources: Record<string, Pattern> = {};
    const attributes: Record<string, unknown> = {};
    const results: Record<string, Pattern> = {};
    const operand = (name: string, { place }: OperandForm, value: unknown): Pattern => {
      const view = requireView(name, place, value, owner);
      if (view instanceof ChipView) {
        used.push(view);
        if (view.index !== undefined) used.push(requireOwn(`${name}.index`, view.index, owner));
      } else if (view.indirection !== undefined) {
        const [index, stride] = this.#indexNames(name);
        used.push(view.indirection.index);
        sources[index] = view.indirection.index.pattern('joined');
        attributes[stride] = view.indirection.stride;
      }
      return view.pattern(joining(name));
    };
    const target = form.dst === null ? undefined : operand('dst', form.dst, dst);
    if (this.#first === 'register') attributes['register'] = requireRegister(dst);
    for (const [name, source] of this.#sources) {
      const value = name === this.#first ? dst : options[name];
      if (value !== undefined && (isView(value) || !(name in form.attributes))) {
        sources[name] = operand(name, source, value);
      } else if (value === undefined && !(name in sources)) {
        requireSpare(name, source);
      }
    }
    for (const [name, attribute] of this.#attributes) {
      if (name in attributes || name in sources) continue;
      const value = options[name];
      if (value === undefined) requireSpare(name, attribute);
      else attributes[name] = attribute.check(value instanceof Register ? value.register : value, name);
    }
    for (const [name, result] of this.#results) {
      const value = options[name];
      if (value === undefined) requireSpare(name, result);
      else results[name] = operand(name, result, value);
    }
    return { dst: target, results, sources, attributes, used };
  }

  #indexNames(operand: string): readonly [index: string, stride: string] {
    const takes = (name: string) => (INDEXED[name]?.[0] ?? '') in this.#form.sources;
    const names = INDEXED[operand];
    if (names !== undefined && takes(operand)) return names;
    const others = ['dst', ...Object.keys(this.#form.sources)].filter(takes);
    const instead = others.length > 0 ? others.join(' and ') : 'dma_copy';
    throw new UserError(`${operand} of ${this.#opcode} takes no index: ${instead} may have one.`);
  }
}

function firstOf({ dst, sources, attributes }: Form): string {
  if (dst !== null) return 'dst';
  return 'register' in attributes ? 'register' : Object.keys(sources).join();
}

const isView = (value: unknown): value is View => value instanceof ChipView || value instanceof HbmView;

function described(value: unknown): string {
  if (isView(value)) return `a view of "${value.tensor.name}" in ${value.space}`;
  if (value instanceof Register) return `register "${value.register}"`;
  if (value instanceof Affine) return `an index of register "${value.register}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const PLACES = {
  chip: 'a view of a tensor in SBUF or PSUM',
  any: 'a view of a tensor',
} as const satisfies Record<Place, string>;

function requireView(name: string, place: Place, value: unknown, owner: ViewOwner): View {
  if (!isView(value) || (place === 'chip' && value.space === 'hbm')) {
    const first = name === 'dst' ? ', the first argument,' : '';
    throw new UserError(`${name}${first} must be ${PLACES[place]}, received ${described(value)}.`);
  }
  return requireOwn(name, value, owner);
}

function requireOwn<V extends View>(name: string, view: V, owner: ViewOwner): V {
  if (view.owner === owner) return view;
  throw new UserError(`${name} is a view of "${view.tensor.name}" of another kernel.`);
}

function requireRegister(value: unknown): string {
  if (value instanceof Register) return value.register;
  throw new UserError(`the first argument must be a register (nc.register), received ${described(value)}.`);
}

function requireSpare(name: string, { optional, what }: AttributeForm | OperandForm): void {
  if (!optional) throw new UserError(`${name} is missing: ${what}.`);
}
