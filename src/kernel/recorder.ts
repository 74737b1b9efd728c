/**
 * What tracing gathers: the instructions and loops in order, the tensors with the instructions between which each is used, how
 * much was made so far, and the last call, so that every error names one.
 */
import { CHIPS } from '../chip';
import type { Chip, ChipName } from '../chip';
import { UserError } from '../numerics';
import { requireDepth } from '../program';
import type { HbmTensor, Instruction, Loop, ProgramNode, PsumTensor, SbufTensor } from '../program';
import { Accumulation } from './accumulation';
import { KernelError } from './errors';
import { Locator, type Callee } from './locations';
import { Names } from './names';
import type { ViewOwner } from './strided';
import type { ChipView } from './views';

/** Instructions that a kernel makes at most, unless its caller says otherwise. */
export const DEFAULT_BUDGET = 1_000_000;
/** An instruction has a few operands, and a view is made by a few calls. */
const VIEWS_PER_INSTRUCTION = 16;

/** An on-chip tensor as its author asked for it. */
export interface Claim {
  readonly tensor: SbufTensor | PsumTensor;
  /** Its address or bank is the author's. */
  readonly given: boolean;
  readonly at: string | undefined;
  /** Instructions between which it is used, by their number; what nothing uses lives where it is made. */
  first: number;
  last: number;
  used: boolean;
}

export interface RecorderOptions {
  readonly kernel: string;
  readonly chip: ChipName;
  readonly budget: number;
  readonly locate: ((location: string) => string | undefined) | undefined;
}

export class Recorder implements ViewOwner {
  readonly chip: Chip;
  readonly hbm: HbmTensor[] = [];
  readonly claims: Claim[] = [];
  readonly nodes: ProgramNode[] = [];
  readonly tensorNames = new Names();
  readonly nodeNames = new Names();
  readonly registerNames = new Names();
  readonly accumulation = new Accumulation();
  readonly #kernel: string;
  readonly #budget: number;
  readonly #locator: Locator;
  readonly #claims = new Map<string, Claim>();
  /** Where instructions go: the Program, or the body of the innermost loop. */
  #body = this.nodes;
  #depth = 0;
  /** On-chip tensors used in the outermost loop that is being written. */
  readonly #inLoop = new Set<Claim>();
  /** In no_reorder, and the id of the last instruction that was issued there. */
  #ordered = false;
  #previous: string | undefined;
  #instructions = 0;
  #views = 0;
  #call: string | undefined;
  #at: string | undefined;
  #open = true;

  constructor({ kernel, chip, budget, locate }: RecorderOptions) {
    this.#kernel = kernel;
    this.chip = CHIPS[chip];
    this.#budget = budget;
    this.#locator = new Locator(locate);
  }

  get inLoop(): boolean {
    return this.#depth > 0;
  }

  /** The id of the instruction that the next one has to come after. */
  get previous(): string | undefined {
    return this.#previous;
  }

  /** One call of the builder: `work` is given the place where `callee` was called. Errors of the user's get it too. */
  call<T>(name: string, callee: Callee, work: (at: string | undefined) => T): T {
    const at = this.#locator.callerOf(callee);
    this.#call = name;
    this.#at = at;
    try {
      this.#requireOpen();
      return work(at);
    } catch (error) {
      throw this.#placed(error, name, at);
    }
  }

  view<T>(name: string, callee: Callee, work: () => T): T {
    try {
      this.#views++;
      if (this.#views > this.#budget * VIEWS_PER_INSTRUCTION) {
        throw this.#exhausted(`${this.#views - 1} views`);
      }
      return work();
    } catch (error) {
      throw this.#placed(error, name, this.#locator.callerOf(callee));
    }
  }

  /** What the kernel function itself threw. */
  thrown(error: unknown): KernelError {
    if (error instanceof KernelError) return error;
    return KernelError.thrown(error, { kernel: this.#kernel, call: this.#call, at: this.#at });
  }

  /** From here on calls are errors: the Program is done. */
  close(): void {
    this.#open = false;
  }

  addHbm(tensor: HbmTensor): void {
    this.#requireBudget();
    this.hbm.push(tensor);
  }

  addClaim(tensor: SbufTensor | PsumTensor, given: boolean, at: string | undefined): void {
    this.#requireBudget();
    const now = this.#instructions;
    const claim: Claim = { tensor, given, at, first: now, last: now, used: false };
    this.claims.push(claim);
    this.#claims.set(tensor.name, claim);
  }

  addInstruction(instruction: Instruction): void {
    this.#requireBudget();
    this.#body.push(instruction);
    this.#instructions++;
    if (this.#ordered) this.#previous = instruction.id;
  }

  /** Lets each instruction that `write` issues come after the one before. Within another call of its kind, that goes on. */
  inOrder(write: () => void): void {
    if (this.#ordered) {
      write();
      return;
    }
    this.#ordered = true;
    try {
      write();
    } finally {
      this.#ordered = false;
      this.#previous = undefined;
    }
  }

  /** An operand of the instruction that is about to be added. */
  use({ tensor }: ChipView): void {
    const claim = this.#claims.get(tensor.name);
    if (claim === undefined) return;
    const now = this.#instructions;
    if (!claim.used) claim.first = now;
    claim.used = true;
    claim.last = now;
    if (this.#depth > 0) this.#inLoop.add(claim);
  }

  /** Gathers what `write` makes as the body of a loop. What it uses lives from the loop's start to its end. */
  addLoop(make: (body: readonly ProgramNode[]) => Loop, write: () => void): void {
    requireDepth(this.#depth + 1, 'it');
    if (this.#ordered) {
      throw new UserError(
        'a loop over a register cannot be within no_reorder, whose edges would lead into it and out of it: call no_reorder in its body.',
      );
    }
    const outer = this.#body;
    const start = this.#instructions;
    const body: ProgramNode[] = [];
    this.#body = body;
    this.#depth++;
    try {
      write();
    } finally {
      this.#body = outer;
      this.#depth--;
    }
    if (this.#depth === 0) {
      for (const claim of this.#inLoop) {
        claim.first = Math.min(claim.first, start);
        claim.last = Math.max(claim.last, this.#instructions - 1);
      }
      this.#inLoop.clear();
    }
    outer.push(make(body));
  }

  #requireOpen(): void {
    if (this.#open) return;
    throw new UserError('the kernel is traced already: calls belong into its function, before it returns.');
  }

  #requireBudget(): void {
    const tensors = this.claims.length + this.hbm.length;
    if (this.#instructions < this.#budget && tensors < this.#budget) return;
    throw this.#exhausted(`${this.#instructions} instructions and ${tensors} tensors`);
  }

  #exhausted(made: string): UserError {
    return new UserError(
      `${made} were made, and the budget is ${this.#budget}: does a loop never end? Otherwise raise the option budget.`,
    );
  }

  #placed(error: unknown, call: string, at: string | undefined): unknown {
    if (error instanceof KernelError || !(error instanceof UserError)) return error;
    return new KernelError(error.message, { kernel: this.#kernel, call, at });
  }
}
