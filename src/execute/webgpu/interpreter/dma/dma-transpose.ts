/** dma_transpose: see src/isa/dma/dma-transpose.ts. */
import transposeWgsl from '../../../../../shaders/interpreter/dma/transpose.wgsl';
import { endsOf, exchangeEnds, sideOf } from '../../../../isa/dma/dma-transpose';
import { keptOf } from '../../../../isa/dma/move';
import { elementsOf } from '../../../../program';
import type { GpuEntry } from '../entry';
import { chosenParts, indicesOf, markKept, partPlaces, requireKept, tableOf } from './parts';

export const dmaTranspose: GpuEntry<'dma_transpose'> = {
  peeks: (instruction) => indicesOf([sideOf(instruction)]),
  chooses: true,
  works: (instruction, context) => {
    const { dst, sources, attributes } = instruction;
    const { lowering } = context;
    const side = sideOf(instruction);
    const [parts = []] = chosenParts(context, [side], attributes.oob_mode);
    const ends = endsOf(sources.src);
    if (side.index !== undefined) {
      const kept = keptOf(elementsOf(sources.src), parts);
      requireKept(context, 'src', parts, kept);
      markKept(context, [dst], exchangeEnds(kept, new Uint8Array(kept.length), ends));
    }
    const from = tableOf(partPlaces(lowering.layout, parts));
    if (from === undefined) return [];
    const several = parts.length > 1;
    return lowering.lane('dma_transpose', transposeWgsl, {
      operands: {
        dst: lowering.write(dst),
        src: { place: from.place, reads: true, writes: false },
      },
      counted: 'dst',
      crosses: true,
      independent: true,
      values: { PARTS: Number(several) },
      words: [...ends, ...(several ? [0] : [])],
      ...(several && { table: { at: ends.length, words: from.bytes } }),
    });
  },
};
