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
import { countUpTo, Occupied, share, type Arena, type Block } from './occupied';
import type { Claim } from './recorder';

const madeAt = (at: string | undefined) => (at === undefined ? '' : ` (${at})`);

const firstOf = ({ claim }: Block) => claim.first;

/** Places every block that is not given; the first that does not fit, with what lives with it, or nothing. */
function fit(
  blocks: readonly Block[],
  arena: Arena,
  rotate: boolean,
): { readonly block: Block; readonly live: readonly Block[] } | undefined {
  const given = blocks.filter(({ claim }) => claim.given);
  const ending = [...blocks].sort((a, b) => a.claim.last - b.claim.last);
  const live = new Occupied(arena);
  let ended = 0;
  let cursor = 0;
  for (const block of blocks) {
    const { claim } = block;
    for (
      let next = ending[ended];
      next !== undefined && next.claim.last < claim.first;
      next = ending[++ended]
    ) {
      live.remove(next);
    }
    if (!claim.given) {
      // Authors' own that begin to live later, while this one does.
      const coming = given.slice(
        countUpTo(given, firstOf, claim.first),
        countUpTo(given, firstOf, claim.last),
      );
      let start = live.gap(cursor, block, coming);
      if (start < 0) start = live.gap(0, block, coming);
      if (start < 0) return { block, live: [...live.blocks, ...coming] };
      block.start = start;
      if (rotate) cursor = start + block.bytes;
    }
    live.add(block);
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
