/**
 * Which track an instruction is on. Engines execute in order. DMAs wait in two queues of their own, loads and stores: a named
 * choice, since the vendor's compiler deals them out to queues as it sees fit, and a store that waits for a result must not keep
 * back the loads of the next one.
 */
import type { EngineName } from '../chip';
import { FAMILIES } from '../program';
import type { DmaOpcode, Instruction, Opcode } from '../program';
import { TRACKS, type Track } from './types';

const ENGINE_TRACK = {
  tensor: 'tensor',
  vector: 'vector',
  scalar: 'scalar',
  gpsimd: 'gpsimd',
  sync: 'sync',
  dma: 'sync', // of instructions on registers, which are of no queue
} as const satisfies Record<EngineName, Track>;

export function isDma(opcode: Opcode): opcode is DmaOpcode {
  return opcode in FAMILIES.dma;
}

export function trackOf({ opcode, engine, dst }: Instruction): Track {
  if (isDma(opcode)) return dst?.space === 'hbm' ? 'stores' : 'loads';
  return ENGINE_TRACK[engine];
}

const INDEX = Object.fromEntries(TRACKS.map((track, index) => [track, index])) as Readonly<
  Record<Track, number>
>;

/** Its index in TRACKS. */
export const trackIndex = (track: Track): number => INDEX[track];
