/**
 * The order of a scheduled Program: every DMA onto the chip comes as early as what it depends on and the place of its tile allow, and
 * all else stays where it is. No DMA is put in front of one that is needed sooner, which would wait for it in the queue: those that
 * could come at the same time are in the order of their needs, and of equal needs in the order of the Program.
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
  const needs = needsOf(accesses, versions);
  const slots = slotsOf(accesses, versions, free, needs);
  const nodes = Int32Array.from({ length: count }, (_, node) => node);
  return sortedBy(slots, 2 * count, sortedBy(needs, count + 1, nodes));
}

/** A stable sort of nodes by their keys, which are below `end`. */
function sortedBy(keys: Int32Array, end: number, nodes: Int32Array): Int32Array {
  const starts = new Int32Array(end + 1);
  for (const key of keys) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let key = 0; key < end; key++) starts[key + 1] = (starts[key + 1] ?? 0) + (starts[key] ?? 0);
  const sorted = new Int32Array(nodes.length);
  for (const node of nodes) {
    const key = keys[node] ?? 0;
    const place = starts[key] ?? 0;
    starts[key] = place + 1;
    sorted[place] = node;
  }
  return sorted;
}

/** A DMA into a tile, which may come earlier. */
const isLoad = (node: ProgramNode): node is Instruction =>
  !isLoop(node) && isDma(node.opcode) && node.dst !== undefined && node.dst.space !== 'hbm';

/** For each node: 2 n + 1 where it is the n-th and stays, 2 n where it is a load that comes before that. */
function slotsOf(accesses: Accesses, versions: Versions, free: Int32Array, needs: Int32Array): Int32Array {
  const { nodes, tensors, offsets, tensor, how } = accesses;
  const slots = new Int32Array(nodes.length);
  /** Of each version, and behind them of each tensor in HBM: the node from which on all is done that wrote, or touched it. */
  const written = new Int32Array(versions.count + tensors.length);
  const touched = new Int32Array(versions.count + tensors.length);
  const others = new Others(nodes);
  const sooner = new LatestSooner(nodes.length);
  /** Which of them an access is of. */
  const keyOf = (access: number) => {
    const version = versions.of[access] ?? -1;
    return version < 0 ? versions.count + (tensor[access] ?? 0) : version;
  };
  const writes = (access: number) => ((how[access] ?? 0) & WRITES) !== 0;
  /** The node before which a load comes, or -1 where it touches what has to stay. */
  const earliest = (load: Instruction, at: number, begin: number, end: number): number => {
    let slot = Math.max(others.before(load), sooner.upTo(needs[at] ?? 0));
    for (let access = begin; access < end; access++) {
      const key = keyOf(access);
      slot = Math.max(slot, (writes(access) ? touched : written)[key] ?? 0);
      if (key >= versions.count) continue;
      const from = free[key] ?? 0;
      if (from < 0) return -1;
      if (writes(access)) slot = Math.max(slot, from);
    }
    sooner.add(needs[at] ?? 0, slot);
    return slot;
  };
  for (const [at, node] of nodes.entries()) {
    const begin = offsets[at] ?? 0;
    const end = offsets[at + 1] ?? 0;
    const slot = isLoad(node) ? earliest(node, at, begin, end) : -1;
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

/**
 * For each load: the node that needs what it loads first; behind all nodes where none does. What another load has to wait for is needed
 * no later than what that loads.
 */
function needsOf({ nodes, offsets, how }: Accesses, { of, count }: Versions): Int32Array {
  const never = nodes.length;
  const needs = new Int32Array(never).fill(never);
  /** Of each version: the next node that is no load into it, and the first need of a load behind that touches it. */
  const next = new Int32Array(count).fill(never);
  const pressing = new Int32Array(count).fill(never);
  const edges = new Map<string, number>();
  for (let at = never - 1; at >= 0; at--) {
    const node = nodes[at];
    if (node === undefined) continue;
    const [begin, end] = [offsets[at] ?? 0, offsets[at + 1] ?? 0];
    const load = isLoad(node);
    let need = edges.size === 0 ? never : (edges.get(node.id) ?? never);
    for (let access = begin; load && access < end; access++) {
      const version = of[access] ?? -1;
      if (version < 0) continue;
      need = Math.min(need, pressing[version] ?? never);
      if (((how[access] ?? 0) & WRITES) !== 0) need = Math.min(need, next[version] ?? never);
    }
    if (load) {
      needs[at] = need;
      for (const id of node.after ?? []) edges.set(id, Math.min(need, edges.get(id) ?? never));
    }
    for (let access = begin; access < end; access++) {
      const version = of[access] ?? -1;
      if (version < 0) continue;
      if (load) pressing[version] = Math.min(need, pressing[version] ?? never);
      else next[version] = at;
    }
  }
  return needs;
}

/** Slots of loads by when they are needed: the latest of those that are needed no later than another. */
class LatestSooner {
  /** A Fenwick tree of maxima. */
  readonly #latest: Int32Array;

  constructor(nodes: number) {
    this.#latest = new Int32Array(nodes + 2);
  }

  add(need: number, slot: number): void {
    for (let at = need + 1; at < this.#latest.length; at += at & -at) {
      this.#latest[at] = Math.max(this.#latest[at] ?? 0, slot);
    }
  }

  upTo(need: number): number {
    let latest = 0;
    for (let at = need + 1; at > 0; at -= at & -at) latest = Math.max(latest, this.#latest[at] ?? 0);
    return latest;
  }
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
