/**
 * Aliases: tensors that share bytes while both are in use, and those that are read without having been written, since what they
 * hold came through another one. Their author means them to lie where they do.
 */

import type { Block } from './memory';

/** For each block, in the order of their first uses: 1 where it is an alias. */
export function aliasesOf(blocks: readonly Block[]): Uint8Array {
  const aliases = new Uint8Array(blocks.length);
  let active: number[] = [];
  const add = (index: number, block: Block) => {
    for (const other of active) {
      const met = blocks[other];
      if (met === undefined || !overlap(block, met)) continue;
      aliases[index] = 1;
      aliases[other] = 1;
    }
    active.push(index);
  };
  // What is inherited may have been written at any time before it is read, so that these are in use from the start.
  for (const [index, block] of blocks.entries()) {
    if (!block.inherited) continue;
    add(index, block);
    aliases[index] = 1;
  }
  let inUse = active.length;
  for (const [index, block] of blocks.entries()) {
    if (block.inherited) continue;
    if (active.length > 2 * inUse) {
      active = active.filter((other) => (blocks[other]?.last ?? -1) >= block.first);
      inUse = active.length;
    }
    add(index, block);
  }
  return aliases;
}

/** Of two of which one comes first: whether they share bytes while both are in use. */
function overlap(later: Block, earlier: Block): boolean {
  return (
    later.address < earlier.address + earlier.bytes &&
    earlier.address < later.address + later.bytes &&
    later.partition < earlier.partition + earlier.partitions &&
    earlier.partition < later.partition + later.partitions &&
    (later.inherited || later.first <= earlier.last)
  );
}
