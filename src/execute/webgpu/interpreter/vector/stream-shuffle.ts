/** nc_stream_shuffle: see src/isa/vector/stream-shuffle.ts. */
import streamShuffleWgsl from '../../../../../shaders/interpreter/vector/stream_shuffle.wgsl';
import type { GpuEntry } from '../entry';

export const streamShuffle: GpuEntry<'nc_stream_shuffle'> = {
  works: ({ dst, sources: { src }, attributes }, { lowering }) =>
    lowering.lane('nc_stream_shuffle', streamShuffleWgsl, {
      operands: { dst: lowering.update(dst), src: lowering.read(src) },
      counted: 'dst',
      crosses: true,
      words: attributes.shuffle_mask,
    }),
};
