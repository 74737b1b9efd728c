/**
 * Where on-chip tensors lie, once it is known from which instruction to which each is used. Tensors whose lives overlap never
 * share a byte of a partition. Places are taken in turn (next fit), so that what a kernel makes in a loop alternates between
 * buffers and banks, and a load need not wait for the use before it; where that leaves gaps in which something does not fit,
 * the lowest places are taken instead (first fit). Addresses that authors give are kept, and whatever they overlap is theirs.
 */
import type { Chip } from '../chip';
import { SBUF_ALIGN, tensorBytes } from '../program';
import type { Tensor } from '../program';
import { KernelError } from './errors';
import type { Claim } from './recorder';

/** A memory: so many bytes of each partition, tensors at multiples of `unit`. */
interface Arena {
  readonly what: string;
  readonly bytes: number;
  readonly unit: number;
}

/** What a claim takes of an arena. */
interface Block {
  readonly claim: Claim;
  /** First partition and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Whole units. */
  readonly bytes: number;
  /** Where it lies; -1 until it is placed. */
  start: number;
}

const madeAt = (at: string | undefined) => (at === undefined ? '' : ` (${at})`);

const share = (a: Block, b: Block) => a.from < b.to && b.from < a.to;

/** The first gap for a block at or after `cursor` between blocks sorted by start, or -1. */
function gapAfter(cursor: number, block: Block, sorted: readonly Block[], { bytes, unit }: Arena): number {
  let start = cursor;
  for (const other of sorted) {
    if (other.start + other.bytes <= start || !share(block, other)) continue;
    if (other.start >= start + block.bytes) break;
    start = Math.ceil((other.start + other.bytes) / unit) * unit; // authors' addresses are any
  }
  return start + block.bytes <= bytes ? start : -1;
}

function insertSorted(sorted: Block[], block: Block): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1]?.start ?? 0) > block.start) at--;
  sorted.splice(at, 0, block);
}

/** Given blocks that begin to live while `block` does. */
function* coming(given: readonly Block[], block: Block): Generator<Block> {
  let [low, high] = [0, given.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((given[middle]?.claim.first ?? 0) > block.claim.first) high = middle;
    else low = middle + 1;
  }
  for (let index = low; index < given.length; index++) {
    const other = given[index];
    if (other === undefined || other.claim.first > block.claim.last) return;
    yield other;
  }
}

/** Places every block that is not given; the first that does not fit, with what lives then, or nothing. */
function fit(
  blocks: readonly Block[],
  arena: Arena,
  rotate: boolean,
): { readonly block: Block; readonly live: readonly Block[] } | undefined {
  const given = blocks.filter(({ claim }) => claim.given);
  let live: Block[] = [];
  let cursor = 0;
  for (const block of blocks) {
    const now = block.claim.first;
    live = live.filter(({ claim }) => claim.last >= now);
    if (!block.claim.given) {
      const others = [...live];
      for (const other of coming(given, block)) insertSorted(others, other);
      let start = gapAfter(cursor, block, others, arena);
      if (start < 0) start = gapAfter(0, block, others, arena);
      if (start < 0) return { block, live };
      block.start = start;
      if (rotate) cursor = start + block.bytes;
    }
    insertSorted(live, block);
  }
  return undefined;
}

function place(blocks: readonly Block[], arena: Arena, kernel: string): void {
  // Of those that begin to live together the given come first, so that the others see where they are.
  const sorted = [...blocks].sort(
    ({ claim: a }, { claim: b }) => a.first - b.first || Number(b.given) - Number(a.given),
  );
  const full = fit(sorted, arena, true) && fit(sorted, arena, false);
  if (full === undefined) return;
  const { claim, bytes } = full.block;
  const shown = full.live
    .filter((other) => share(other, full.block))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5)
    .map((other) => `"${other.claim.tensor.name}" ${other.bytes}${madeAt(other.claim.at)}`);
  throw new KernelError(
    `${arena.what} is full: "${claim.tensor.name}" takes ${bytes} bytes of each partition, and of ${arena.bytes} no ${bytes} in a row are free. The largest that live then: ${shown.join(', ') || 'none'}. Use smaller tiles, or end the use of a tensor before this one begins.`,
    { kernel, call: claim.tensor.space, at: claim.at },
  );
}

/** The tensors of all claims, in their order, with addresses and banks. @throws KernelError when a memory is full. */
export function placed(claims: readonly Claim[], chip: Chip, kernel: string): Tensor[] {
  const { banks, bankBytes } = chip.psum;
  const sbuf = { what: `SBUF of ${chip.name}`, bytes: chip.sbuf.usableBytes, unit: SBUF_ALIGN };
  const psum = { what: 'PSUM', bytes: banks * bankBytes, unit: bankBytes };
  const blocks = claims.map((claim): Block => {
    const { tensor } = claim;
    const { unit } = tensor.space === 'sbuf' ? sbuf : psum;
    const start = tensor.space === 'sbuf' ? tensor.address : tensor.bank * bankBytes;
    return {
      claim,
      from: tensor.partition,
      to: tensor.partition + tensor.partitions,
      bytes: Math.ceil(tensorBytes(tensor) / unit) * unit,
      start: claim.given ? start : -1,
    };
  });
  const inSpace = (space: 'sbuf' | 'psum') => blocks.filter(({ claim }) => claim.tensor.space === space);
  place(inSpace('sbuf'), sbuf, kernel);
  place(inSpace('psum'), psum, kernel);
  return blocks.map(({ claim: { tensor }, start }) =>
    tensor.space === 'sbuf' ? { ...tensor, address: start } : { ...tensor, bank: start / bankBytes },
  );
}
