/** Registers are the host's: the run itself does these instructions, and reads or writes the one element that they move. */
import type { RegisterOpcode } from '../../../program';
import type { GpuEntries, GpuEntry } from './entry';

const onHost: GpuEntry<RegisterOpcode> = { works: () => [] };

export const REGISTER_GPU: GpuEntries<RegisterOpcode> = {
  register_move: onHost,
  register_load: { ...onHost, peeks: ({ sources: { src } }) => [{ name: 'src', pattern: src }] },
  register_store: onHost,
};
