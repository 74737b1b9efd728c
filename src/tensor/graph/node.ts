/**
 * A node of the graph that calls record: what is to be computed, of which inputs; once it has been computed, a leaf that holds
 * its values. Nodes are counted by what needs them, so that values can be given back when nothing does.
 */
import type { CodeArray, Dtype } from '../../numerics';
import type { Op } from './ops';

/** Values of one node, packed row-major, wherever the executor keeps them. */
export interface Stored {
  /** The codes, where the host has them too: of what a user gave, and of what was read. */
  readonly codes?: CodeArray | undefined;
  /** The call of which an index lay outside, where the host knows of one: the values are of no use then. */
  readonly fault?: string | undefined;
  /** Whether the values would survive the loss of their device; left out, they have none. */
  readonly onHost?: boolean;
  /** Gives the memory back. Nothing else may be done with it afterwards. */
  release(): void;
}

export type Shape = readonly number[];

const LEAF: Op = { kind: 'leaf' };

let born = 0;

/** Told of every node with inputs when it is made. */
export type Recorder = (node: Node) => void;
let recorder: Recorder | undefined;

/** While the action runs, the recorder is told in place of the one that was told before; none pauses it. */
export function withRecorder<T>(next: Recorder | undefined, action: () => T): T {
  const before = recorder;
  recorder = next;
  try {
    return action();
  } finally {
    recorder = before;
  }
}

/** Who is told now. */
export const currentRecorder = (): Recorder | undefined => recorder;

/** Nodes that nothing needs: when the collector takes one, nobody can ask for it any more, and it needs its inputs no longer. */
const unneeded = new FinalizationRegistry<readonly Node[]>((inputs) => {
  for (const input of inputs) input.spare();
});

export class Node {
  /** Rises with every node: inputs are older than what is made of them. */
  readonly id = born++;
  readonly shape: Shape;
  readonly dtype: Dtype;
  #op: Op;
  #inputs: readonly Node[];
  #stored: Stored | undefined;
  #holders = 0;
  /** Whether its values are freed by whoever lets go of it last: those that were given are not, unless somebody claimed them. */
  #isOwned = false;
  #isRegistered = false;

  /** Inputs are held until the node is computed or dropped. */
  constructor(op: Op, inputs: readonly Node[], shape: Shape, dtype: Dtype, stored?: Stored) {
    this.#op = op;
    this.#inputs = inputs;
    this.shape = shape;
    this.dtype = dtype;
    this.#stored = stored;
    for (const input of inputs) input.#need();
    if (inputs.length === 0) return;
    this.#isOwned = true;
    this.#register();
    recorder?.(this);
  }

  get op(): Op {
    return this.#op;
  }

  get inputs(): readonly Node[] {
    return this.#inputs;
  }

  /** Where its values are; undefined of what has not been computed, and of a leaf that was given back. */
  get stored(): Stored | undefined {
    return this.#stored;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** How many arrays, and nodes that are yet to be computed, need it. */
  get holders(): number {
    return this.#holders;
  }

  hold(): this {
    this.#need();
    return this;
  }

  /** Holds it for a user, who asks for it no more after the drop that belongs to this. */
  claim(): this {
    this.#isOwned = true;
    return this.hold();
  }

  #need(): void {
    this.#holders++;
    this.#unregister();
  }

  #register(): void {
    this.#isRegistered = true;
    unneeded.register(this, this.#inputs, this);
  }

  #unregister(): void {
    if (!this.#isRegistered) return;
    this.#isRegistered = false;
    unneeded.unregister(this);
  }

  /** A node that was made of it is gone. Given values that nobody claimed are left to who has them in hand, and what is not computed to the collector. */
  spare(): void {
    if (this.#holders === 1 && this.#inputs.length === 0 && this.#isOwned) {
      this.drop();
      return;
    }
    this.#holders--;
    if (this.#holders === 0 && this.#inputs.length > 0) this.#register();
  }

  /** The last one that lets go gives the values back, and lets go of the inputs: chains of them may be long. */
  drop(): void {
    const due: Node[] = [this];
    for (let node = due.pop(); node !== undefined; node = due.pop()) {
      if (--node.#holders > 0) continue;
      const stored = node.#stored;
      node.#stored = undefined;
      due.push(...node.#detach());
      stored?.release();
    }
  }

  /** Computed: from here on a leaf. */
  settle(stored: Stored): void {
    this.#stored = stored;
    for (const input of this.#detach()) input.drop();
  }

  /** Makes it a leaf, and gives the inputs that it had. */
  #detach(): readonly Node[] {
    this.#unregister();
    const inputs = this.#inputs;
    this.#op = LEAF;
    this.#inputs = [];
    return inputs;
  }
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, extent) => product * extent, 1);
