/**
 * The order of a scheduled Program: every DMA onto the chip comes as early as what it depends on and the place of its tile allow, and
 * all else stays where it is. DMAs keep their order, so that none is in the way of one that is needed sooner; only those that
 * wait for other instructions let later ones pass, which would wait with them.
 */
import { isLoop, readsOf, writesOf } from '../../program';
import type { Instruction, ProgramNode } from '../../program';
import { registersSet } from '../../verify/registers';
import { isDma } from '../tracks';
import { WRITES, type Accesses } from './accesses';
import type { Versions } from './versions';

/** The numbers of the nodes in their new order. `free`: for each version, the node from which on its place is free. */
export function orderOf(accesses: Accesses, versions: Versions, free: Int32Array): Int32Array {
  const count = accesses.nodes.length;
  const slots = slotsOf(accesses, versions, free);
  const starts = new Int32Array(2 * count + 1);
  for (const slot of slots) starts[slot + 1] = (starts[slot + 1] ?? 0) + 1;
  for (let slot = 0; slot < 2 * count; slot++) {
    starts[slot + 1] = (starts[slot + 1] ?? 0) + (starts[slot] ?? 0);
  }
  const order = new Int32Array(count);
  for (let node = 0; node < count; node++) {
    const slot = slots[node] ?? 0;
    const place = starts[slot] ?? 0;
    starts[slot] = place + 1;
    order[place] = node;
  }
  return order;
}

/** A DMA into a tile, which may come earlier. */
const isLoad = (node: ProgramNode): node is Instruction =>
  !isLoop(node) && isDma(node.opcode) && node.dst !== undefined && node.dst.space !== 'hbm';

/** For each node: 2 n + 1 where it is the n-th and stays, 2 n where it is a load that comes before that. */
function slotsOf(
  { nodes, tensors, offsets, tensor, how }: Accesses,
  versions: Versions,
  free: Int32Array,
): Int32Array {
  const slots = new Int32Array(nodes.length);
  /** Of each version, and behind them of each tensor in HBM: the node from which on all is done that wrote, or touched it. */
  const written = new Int32Array(versions.count + tensors.length);
  const touched = new Int32Array(versions.count + tensors.length);
  const others = new Others(nodes);
  /** The node from which on all loads so far have their places. */
  let placed = 0;
  /** Which of them an access is of. */
  const keyOf = (access: number) => {
    const version = versions.of[access] ?? -1;
    return version < 0 ? versions.count + (tensor[access] ?? 0) : version;
  };
  const writes = (access: number) => ((how[access] ?? 0) & WRITES) !== 0;
  /** The node before which a load comes, or -1 where it touches what has to stay. */
  const earliest = (load: Instruction, begin: number, end: number): number => {
    let slot = others.before(load);
    let room = placed;
    for (let access = begin; access < end; access++) {
      const key = keyOf(access);
      slot = Math.max(slot, (writes(access) ? touched : written)[key] ?? 0);
      if (key >= versions.count) continue;
      const from = free[key] ?? 0;
      if (from < 0) return -1;
      if (writes(access)) room = Math.max(room, from);
    }
    placed = room;
    return Math.max(slot, room);
  };
  for (const [at, node] of nodes.entries()) {
    const begin = offsets[at] ?? 0;
    const end = offsets[at + 1] ?? 0;
    const slot = isLoad(node) ? earliest(node, begin, end) : -1;
    const done = slot < 0 ? at + 1 : slot;
    slots[at] = slot < 0 ? 2 * at + 1 : 2 * slot;
    others.pass(node, done);
    for (let access = begin; access < end; access++) {
      const key = keyOf(access);
      touched[key] = Math.max(touched[key] ?? 0, done);
      if (writes(access)) written[key] = Math.max(written[key] ?? 0, done);
    }
  }
  return slots;
}

/** What orders nodes besides memory: registers, and edges that authors added. */
class Others {
  /** The node from which on each register holds what it was last set to. */
  readonly #registers = new Map<string, number>();
  /** Of each node that an edge names: the node from which on it is done. */
  readonly #done = new Map<string, number>();

  constructor(nodes: readonly ProgramNode[]) {
    for (const node of nodes) {
      if (!isLoad(node)) continue;
      for (const id of node.after ?? []) this.#done.set(id, 0);
    }
  }

  /** The node from which on a load may come. */
  before(load: Instruction): number {
    let slot = 0;
    for (const id of load.after ?? []) slot = Math.max(slot, this.#done.get(id) ?? 0);
    if (this.#registers.size === 0) return slot;
    for (const { pattern } of [...readsOf(load), ...writesOf(load)]) {
      for (const [register] of pattern.registers ?? []) {
        slot = Math.max(slot, this.#registers.get(register) ?? 0);
      }
    }
    return slot;
  }

  /** A node is done from the node `done` on. */
  pass(node: ProgramNode, done: number): void {
    if (this.#done.size > 0 && this.#done.has(node.id)) this.#done.set(node.id, done);
    if (isLoop(node)) {
      this.#registers.set(node.register, done);
      for (const register of registersSet(node.body)) this.#registers.set(register, done);
    } else if (node.opcode === 'register_move' || node.opcode === 'register_load') {
      this.#registers.set(node.attributes.register, done);
    }
  }
}
