/**
 * What the vendor's compiler does to a plain kernel, as a change of the Program: tiles of different turns get places of their own, as
 * far as memory goes, and loads run ahead of what needs them. The result is a Program like any other, which leaves the same.
 *
 * Named choices, since no document says how the compiler decides: what is used at one time shares no byte, and a place is used again
 * as late as can be; a load comes as soon as its tile's place is free and what it depends on is done, but not before one that
 * is needed sooner; nothing is moved into or out of a loop over a register, and what such a loop uses is there for all of it.
 */
import { CHIPS } from '../../chip';
import { tensorBytes } from '../../program';
import type { Program } from '../../program';
import { accessesOf, type Accesses } from './accesses';
import { orderOf } from './hoist';
import type { Block } from './memory';
import { placementOf } from './place';
import { renamed } from './rename';
import { versionsOf, type Versions } from './versions';

/**
 * A sound Program with its tiles placed anew and its loads moved earlier. It is the Program itself where nothing is gained: where
 * memory has no room for more than it uses at once. Edges (`after`) are kept; tensors that share bytes while both are in use stay.
 */
export function scheduleLoads(program: Program): Program {
  const accesses = accessesOf(program);
  const versions = versionsOf(accesses);
  const { address, free } = placesOf(program, accesses, versions);
  const order = orderOf(accesses, versions, free);
  const { tensors, nodes } = renamed(program, accesses, versions, address);
  const moved = order.some((node, at) => node !== at);
  if (!moved && tensors === program.tensors) return program;
  return { ...program, tensors, instructions: moved ? inOrder(nodes, order) : nodes };
}

function inOrder<T>(items: readonly T[], order: Int32Array): T[] {
  const sorted: T[] = [];
  for (const index of order) {
    const item = items[index];
    if (item !== undefined) sorted.push(item);
  }
  return sorted;
}

/** For each version: its first byte in its memory's partitions, and the node from which on its place is free for it. */
function placesOf(
  { chip: name }: Program,
  { nodes, tensors }: Accesses,
  versions: Versions,
): { readonly address: Int32Array; readonly free: Int32Array } {
  const chip = CHIPS[name];
  const address = new Int32Array(versions.count);
  const free = new Int32Array(versions.count);
  for (const space of ['sbuf', 'psum'] as const) {
    const blocks: Block[] = [];
    const indices: number[] = [];
    for (let version = 0; version < versions.count; version++) {
      const tensor = tensors[versions.tensor[version] ?? 0];
      if (tensor === undefined || tensor.space !== space) continue;
      indices.push(version);
      blocks.push({
        partition: tensor.partition,
        partitions: tensor.partitions,
        address: tensor.space === 'sbuf' ? tensor.address : tensor.bank * chip.psum.bankBytes,
        bytes: tensorBytes(tensor),
        first: versions.first[version] ?? 0,
        last: versions.last[version] ?? 0,
        inherited: versions.inherited[version] === 1,
      });
    }
    const placement = placementOf(blocks, space, chip, nodes.length);
    for (const [index, version] of indices.entries()) {
      address[version] = placement.address[index] ?? 0;
      free[version] = placement.free[index] ?? 0;
    }
  }
  return { address, free };
}
