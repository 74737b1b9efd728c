/* eslint-disable @typescript-eslint/unbound-method -- the method is named, not called: the stack of an error is cut at it */
/**
 * What a call of an instruction gives back, as nki.isa gives an NkiInstruction: edges are added to it. An edge is `after` of the
 * instruction in the Program (docs/program.md).
 */
import { UserError } from '../numerics';
import type { Recorder } from './recorder';

/** An instruction of a Program that is being made: edges are all of it that may still change. */
interface Instructed {
  readonly id: string;
  after?: readonly string[];
}

export class Issued {
  readonly #recorder: Recorder;
  readonly #instruction: Instructed;

  constructor(recorder: Recorder, instruction: Instructed) {
    this.#recorder = recorder;
    this.#instruction = instruction;
  }

  /** The instruction's id in the Program. */
  get id(): string {
    return this.#instruction.id;
  }

  /**
   * Lets this instruction run after others have, whatever its operands say, and gives it back. The others are of the same body, or of
   * one around it: the verifier tells those that are not (SYS108).
   *
   * @throws KernelError for this instruction itself, and for what is no instruction of this kernel.
   */
  depends_on(...producers: readonly Issued[]): this {
    return this.#recorder.call('depends_on', this.depends_on, () => {
      const after = new Set(this.#instruction.after);
      for (const producer of producers) after.add(this.#producerOf(producer));
      if (after.size > 0) this.#instruction.after = [...after];
      return this;
    });
  }

  #producerOf(producer: unknown): string {
    if (!(producer instanceof Issued)) {
      throw new UserError(
        `depends_on takes instructions, as calls like nc.dma_copy(...) return them, received ${producer === null ? 'null' : typeof producer}.`,
      );
    }
    if (producer.#recorder !== this.#recorder) {
      throw new UserError(
        `depends_on takes instructions of its kernel, received "${producer.id}" of another.`,
      );
    }
    if (producer.#instruction === this.#instruction) {
      throw new UserError(`"${producer.id}" cannot depend on itself.`);
    }
    return producer.id;
  }
}
