/**
 * How authors call instructions, derived from the forms (src/program/forms): the destination first, then sources, attributes
 * and further results by their names in one object. Where a form has a tile and a constant under one name, either is taken.
 */
import type { EngineName } from '../chip';
import type { FORMS, Opcode } from '../program';
import type { AttributeForm, Form, OperandForm } from '../program/forms/form';
import type { Issued } from './issued';
import type { Register } from './register';
import type { ChipView, View } from './views';

interface PlaceView {
  chip: ChipView;
  any: View;
}

type ViewOf<F> = F extends OperandForm<infer P> ? PlaceView[P] : never;
type ValueOf<F> = F extends AttributeForm<infer T> ? T : never;

type Names<F extends Form> = keyof F['sources'] | keyof F['attributes'] | keyof F['results'];
type At<T, K> = K extends keyof T ? T[K] : never;
/** The form or forms under one name. */
type Named<F extends Form, K> = At<F['sources'], K> | At<F['attributes'], K> | At<F['results'], K>;
type Value<F extends Form, K> =
  ViewOf<At<F['sources'], K> | At<F['results'], K>> | ValueOf<At<F['attributes'], K>>;
/** Two forms under one name are alternatives: which of them is there is checked when the call is made. */
type Spare<F extends Form, K> = Named<F, K> extends { readonly optional: false } ? never : K;

type Flat<T> = { [K in keyof T]: T[K] };
type Derived<F extends Form> = Flat<
  { readonly [K in Names<F> as K extends Spare<F, K> ? never : K]: Value<F, K> } & {
    readonly [K in Names<F> as K extends Spare<F, K> ? K : never]?: Value<F, K> | undefined;
  }
>;

/** What every call may be told besides. */
export interface CallOptions {
  /** The engine that executes it; when left out, the one that NKI takes: the first that may. */
  readonly engine?: EngineName | undefined;
  /** The instruction's id in the Program; a name that is taken gets a number. */
  readonly name?: string | undefined;
}

interface Accumulating {
  /**
   * 'inferred' when left out: the first matmul into a region of PSUM overwrites it, later ones add, until something else
   * reads or writes it.
   */
  readonly accumulate?: boolean | 'inferred' | undefined;
}

/** Where the builder does more for authors than the form says. */
interface Eased {
  nc_matmul: Accumulating & {
    readonly performance?: Derived<(typeof FORMS)['nc_matmul']>['performance'] | undefined;
  };
  nc_matmul_mx: Accumulating;
  memset: {
    /** The number that is written everywhere, rounded to dst's format; a whole number in its range for integer formats. */
    readonly value?: number | undefined;
    /** Its code, instead of value. */
    readonly code?: number | undefined;
  };
  tensor_reduce: {
    /** How many of the innermost free dimensions of data are reduced, or which: the last ones. */
    readonly axes: number | readonly number[];
  };
  register_move: { readonly value?: number | undefined; readonly from?: Register | undefined };
  register_store: { readonly register: Register };
}

type Omitted<O extends Opcode> = (O extends keyof Eased ? keyof Eased[O] : never) | First<O>;
/** What the first argument is where an instruction has no dst: its register, or its source. */
type First<O extends Opcode> = (typeof FORMS)[O]['dst'] extends null
  ? 'register' extends keyof (typeof FORMS)[O]['attributes']
    ? 'register'
    : keyof (typeof FORMS)[O]['sources']
  : never;

/** The second argument of an instruction. */
export type Options<O extends Opcode> = Flat<
  Omit<Derived<(typeof FORMS)[O]>, Omitted<O>> & (O extends keyof Eased ? Eased[O] : unknown) & CallOptions
>;

/** The first argument: what it writes; of an instruction that sets the state of an engine, what it reads. */
export type Destination<O extends Opcode> = (typeof FORMS)[O]['dst'] extends OperandForm
  ? ViewOf<(typeof FORMS)[O]['dst']>
  : First<O> extends 'register'
    ? Register
    : ViewOf<At<(typeof FORMS)[O]['sources'], First<O>>>;

/** Every instruction, by its name. */
export type Instructions = {
  readonly [O in Opcode]: (dst: Destination<O>, options: Options<O>) => Issued;
};
