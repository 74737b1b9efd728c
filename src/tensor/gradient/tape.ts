/**
 * What was computed, in order, so that it can be gone through backwards. Nodes on the tape are held until it ends: their values may
 * be asked for meanwhile. Tapes nest; what the inner one records while it goes backwards, the outer one records too.
 */
import { currentRecorder, withRecorder, type Node, type Op, type Recorder } from '../graph';

/** Gives what each input adds to its gradient, of the gradients of the outputs; undefined where there is none. */
export type Pullback = (gradients: readonly (Node | undefined)[]) => readonly (Node | undefined)[];

/** A primitive; or a function with a pullback of its own. */
export type Entry =
  | { readonly op: Op; readonly inputs: readonly Node[]; readonly outputs: readonly [Node] }
  | { readonly pullback: Pullback; readonly inputs: readonly Node[]; readonly outputs: readonly Node[] };

export class Tape {
  readonly entries: Entry[] = [];
  readonly #outer: Recorder | undefined;

  constructor() {
    this.#outer = currentRecorder();
  }

  /** Records what the action computes. */
  record<T>(action: () => T): T {
    const recorder: Recorder = (node) => {
      this.add({ op: node.op, inputs: node.inputs, outputs: [node] });
      this.#outer?.(node);
    };
    tapes.set(recorder, this);
    return withRecorder(recorder, action);
  }

  add(entry: Entry): void {
    for (const node of [...entry.inputs, ...entry.outputs]) node.hold();
    this.entries.push(entry);
  }

  /** Lets go of the nodes. */
  end(): void {
    for (const { inputs, outputs } of this.entries) for (const node of [...inputs, ...outputs]) node.drop();
    this.entries.length = 0;
  }

  /** The tapes that record now, this one's and those around it. */
  static *current(): Generator<Tape> {
    for (let tape = tapeOf(currentRecorder()); tape !== undefined; tape = tapeOf(tape.#outer)) yield tape;
  }
}

const tapes = new WeakMap<Recorder, Tape>();
const tapeOf = (recorder: Recorder | undefined): Tape | undefined => recorder && tapes.get(recorder);

/** Computes without recording, and puts one entry with this pullback on every tape that records. */
export function withPullback<T extends readonly Node[]>(
  inputs: readonly Node[],
  compute: () => { readonly outputs: T; readonly pullback: Pullback },
): T {
  const around = [...Tape.current()];
  const { outputs, pullback } = withRecorder(undefined, compute);
  for (const tape of around) tape.add({ pullback, inputs, outputs });
  return outputs;
}
