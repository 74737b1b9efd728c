/**
 * The Program: the instruction stream of one NeuronCore and the tensors it works on, as plain data. Lowering and kernel
 * authors produce it; executors, verifier, printer and timing consume it. Static loops are unrolled by whoever writes it;
 * loops over registers are nodes. The form of each instruction is data in forms/.
 */
import type { ChipName, EngineName } from '../chip';
import type { Rounding } from '../numerics';
import type { FORMS } from './forms';
import type { Attributes, Destination, Operands } from './forms/form';
import type { Tensor } from './tensors';

export type Opcode = keyof typeof FORMS;

/**
 * The one rounding of a write to dst, where it is not to nearest even (docs/numerics.md, Encoding). Stochastic rounding needs
 * all of seed, element and pitch: element f of dst's p-th partition draws as element `element` + p * `pitch` + f of instance 0.
 */
export interface WriteOptions {
  readonly rounding?: Rounding;
  readonly saturate?: boolean;
  readonly seed?: number;
  readonly element?: number;
  readonly pitch?: number;
}

/** One instruction. `id` is unique in its Program. */
export type Instruction<O extends Opcode = Opcode> = {
  [P in O]: {
    readonly opcode: P;
    readonly id: string;
    readonly engine: EngineName;
    /** Where its author wrote it, as file:line:column. */
    readonly at?: string;
    /**
     * Edges that its author added: ids of instructions that must come first, whatever their operands say; at least one. Each is of the
     * same body, then that of the same turn is meant, or of a body around it, then the last run. Executors run in the order of the
     * Program and need none of it; who reorders or times instructions does.
     */
    readonly after?: readonly string[];
    readonly dst: Destination<(typeof FORMS)[P]['dst']>;
    /** What it writes besides dst. */
    readonly results?: Operands<(typeof FORMS)[P]['results']>;
    readonly sources: Operands<(typeof FORMS)[P]['sources']>;
    readonly attributes: Attributes<(typeof FORMS)[P]['attributes']>;
  };
}[O];

/** A whole number, or the register that holds it. */
export type Scalar = number | { readonly register: string };

/** The body for register = lower, lower + step, ... below upper. */
export interface ForLoop {
  readonly loop: 'fori';
  readonly id: string;
  readonly at?: string;
  readonly register: string;
  readonly lower: Scalar;
  readonly upper: Scalar;
  /** At least 1. */
  readonly step: number;
  readonly body: readonly ProgramNode[];
}

/** The body while the register is not zero, which is asked before each turn. */
export interface WhileLoop {
  readonly loop: 'while';
  readonly id: string;
  readonly at?: string;
  readonly register: string;
  readonly body: readonly ProgramNode[];
}

export type Loop = ForLoop | WhileLoop;
export type ProgramNode = Instruction | Loop;

export interface Program {
  readonly chip: ChipName;
  readonly tensors: readonly Tensor[];
  readonly instructions: readonly ProgramNode[];
}

/** A Program without loops over registers, as lowering makes it. */
export interface StraightProgram extends Program {
  readonly instructions: readonly Instruction[];
}
