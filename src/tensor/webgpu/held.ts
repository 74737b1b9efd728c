/** What a node that was computed holds: its storage, and what could have been wrong with indices on the way to it. */
import { UserError, type CodeArray } from '../../numerics';
import type { Node, Stored } from '../graph';
import type { Storage } from './memory';

/** A word that is not 0 where an index of a call lay outside. */
export interface Fault {
  readonly flags: Storage;
  readonly word: number;
  readonly what: string;
}

export class Held implements Stored {
  readonly storage: Storage;
  readonly faults: readonly Fault[];
  codes: CodeArray | undefined;
  fault: string | undefined;
  /** No index lay outside: the flags have been looked at. */
  sound: boolean;
  #released = false;

  constructor(storage: Storage, faults: readonly Fault[] = [], codes?: CodeArray) {
    this.storage = storage;
    this.faults = faults;
    this.codes = codes;
    this.sound = faults.length === 0;
    for (const { flags } of faults) flags.hold();
  }

  get onHost(): boolean {
    return this.codes !== undefined || this.storage.onHost;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.storage.drop();
    for (const { flags } of this.faults) flags.drop();
  }
}

/** @throws UserError for values of another executor, or given back. */
export function heldBy(node: Node | undefined, stored: Stored | undefined): Held {
  if (stored instanceof Held) return stored;
  throw new UserError(
    `${node?.dtype ?? 'An input'}[${node?.shape.join() ?? ''}] holds no values of this executor.`,
  );
}

/** Of each node, the faults of all that it is made of, those of its inputs first. */
export function faultsOf(
  nodes: readonly Node[],
  leaves: readonly Held[],
  flags: Storage | undefined,
): ReadonlyMap<Node, readonly Fault[]> {
  const faults = new Map<Node, readonly Fault[]>();
  let [leaf, word] = [0, 0];
  for (const node of nodes) {
    const { op, inputs } = node;
    const known = new Set(
      op.kind === 'leaf' ? leaves[leaf++]?.faults : inputs.flatMap((input) => faults.get(input) ?? []),
    );
    const checked = (op.kind === 'gather' || op.kind === 'scatter') && op.outside === 'fault';
    if (checked && (inputs[1]?.size ?? 0) > 0 && flags !== undefined)
      known.add({ flags, word: word++, what: op.what });
    faults.set(node, [...known]);
  }
  return faults;
}
