/** dma_compute: see src/isa/dma/dma-compute.ts. */
import computeWgsl from '../../../../../shaders/interpreter/dma/compute.wgsl';
import scatterSumWgsl from '../../../../../shaders/interpreter/dma/scatter_sum.wgsl';
import { reportRepeated, sidesOf, sourcesOf } from '../../../../isa/dma/dma-compute';
import { keptOf } from '../../../../isa/dma/move';
import { elementsOf } from '../../../../program';
import type { Instruction } from '../../../../program';
import type { Context, GpuEntry } from '../entry';
import { floatWord, type Use } from '../lowering';
import { placeAside } from '../place';
import type { Work } from '../work';
import { lanesOf, rowsOf } from './move';
import {
  chosenIndices,
  chosenParts,
  indicesOf,
  markKept,
  mayMeet,
  partPlaces,
  requireKept,
  tableOf,
} from './parts';

type Compute = Instruction<'dma_compute'>;

function sum(instruction: Compute, context: Context): readonly Work[] {
  const { dst, attributes } = instruction;
  const { lowering } = context;
  const { from } = sidesOf(instruction);
  const sources = sourcesOf(instruction);
  const [parts = []] = chosenParts(context, [from], attributes.oob_mode);
  if (from.index !== undefined) {
    const kept = keptOf(elementsOf(dst), parts);
    sources.forEach(({ name, pattern }, at) => {
      requireKept(context, name, at === 0 ? parts : [pattern], kept);
    });
    markKept(context, [dst], kept);
  }
  const first = tableOf(partPlaces(lowering.layout, parts));
  if (first === undefined) return [];
  const several = parts.length > 1;
  const to = lowering.write(dst, {});
  const operands: Record<string, Use> = { dst: to };
  for (const { name, pattern } of sources) operands[name] = lowering.read(pattern);
  operands['src0'] = { place: first.place, reads: true, writes: false };
  const scales = sources.map((_, at) => floatWord(attributes.scales?.[at] ?? 1));
  return lowering.lane('dma_compute', computeWgsl, {
    operands,
    counted: 'dst',
    crosses: true,
    elementwise: true,
    lanes: lanesOf(first.place, to.place),
    values: { SOURCES: sources.length, PARTS: Number(several) },
    functions: {},
    words: [...scales, ...(several ? [first.length, 0] : [])],
    ...(several && { table: { at: scales.length + 1, words: first.bytes } }),
  });
}

function scatterSum(instruction: Compute, context: Context): readonly Work[] {
  const { dst, sources, attributes } = instruction;
  const { src1 } = sources;
  if (src1 === undefined) throw new Error('Invariant violation: a scatter without data');
  const { lowering } = context;
  const { to } = sidesOf(instruction);
  const [rows = []] = chosenParts(context, [to], attributes.oob_mode);
  if (attributes.unique_indices !== false) {
    reportRepeated(context, to, chosenIndices(context, to), rows);
  }
  const kept = keptOf(elementsOf(dst), rows);
  requireKept(context, 'src1', [src1], kept);
  requireKept(context, 'src0', rows, kept);
  markKept(context, rows, kept);
  const places = partPlaces(lowering.layout, rows);
  const table = tableOf(places);
  if (table === undefined) return [];
  const ordered = mayMeet(places);
  const source = lowering.read(src1);
  const row = places.find((place) => place !== undefined);
  const held = placeAside(lowering.layout, row ?? table.place, 0);
  return [
    lowering.work('dma_scatter_sum', scatterSumWgsl, {
      operands: {
        dst: { place: table.place, reads: true, writes: true, options: {} },
        src: source,
        ...(ordered && { held: { place: held, reads: true, writes: true } }),
      },
      counted: 'dst',
      crosses: true,
      elementwise: !ordered,
      lanes: ordered ? 1 : rowsOf(table.place.width),
      values: { ORDERED: Number(ordered) },
      functions: {},
      words: [table.length, rows.length, 0],
      table: { at: 2, words: table.bytes },
    }),
  ];
}

export const dmaCompute: GpuEntry<'dma_compute'> = {
  peeks: (instruction) => {
    const { from, to } = sidesOf(instruction);
    // A scatter reads and writes at the same indices.
    return indicesOf(to.index === undefined ? [from] : [to]);
  },
  chooses: true,
  works: (instruction, context) =>
    (instruction.sources.dst_index === undefined ? sum : scatterSum)(instruction, context),
};
