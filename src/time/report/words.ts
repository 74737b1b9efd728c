/** What tracks, causes and activities are called in sentences. */
import type { Cause, Track } from '../types';
import type { Activity } from './path';

/** As the subject of a sentence. */
export const TRACK_WORDS = {
  tensor: 'Tensor',
  vector: 'Vector',
  scalar: 'Scalar',
  gpsimd: 'GpSimd',
  sync: 'Sync',
  loads: 'loads',
  stores: 'stores',
} as const satisfies Record<Track, string>;

/** Loads and stores are many. */
const verb = (track: Track, singular: string): string =>
  track === 'loads' || track === 'stores' ? singular.replace(/s$/, '') : singular;

/** `other` is the track that it waits for, where it does. */
export function activityWords(activity: Activity, track: Track, other: Track | undefined): string {
  const who = TRACK_WORDS[track];
  switch (activity) {
    case 'runs':
      return `${who} ${verb(track, 'runs')}`;
    case 'weights':
      return `${who} loads weights`;
    case 'tables':
      return `${who} loads tables of functions`;
    case 'finishes':
      return `${who} has issued, its result is not there yet`;
    case 'moves':
      return `${who} move bytes`;
    case 'starts':
      return `${who} start, no byte moves yet`;
    case 'waits':
      return other === undefined
        ? `${who} ${verb(track, 'waits')}`
        : `${who} ${verb(track, 'waits')} for the semaphore of ${TRACK_WORDS[other]}`;
  }
}

/** Why a track stands still; `other` is the track of what it waits for. */
export function waitWords(cause: Cause, track: Track, other: Track | undefined): string {
  const waits = verb(track, 'waits');
  const whom = other === undefined ? 'others' : other === track ? 'itself' : TRACK_WORDS[other];
  switch (cause) {
    case 'start':
      return waits;
    case 'track':
      return `${waits} for the one before`;
    case 'data':
      return `${waits} for ${whom}`;
    case 'place':
      return `${waits} for room that ${whom} still ${other === 'loads' || other === 'stores' ? 'use' : 'uses'}`;
    case 'edge':
      return `${waits} for ${whom}, as its author wrote`;
    case 'port':
      return `${waits} for a port that ${whom} has`;
    case 'dma':
      return `${waits} for DMA engines that ${whom} ${other === 'loads' || other === 'stores' ? 'have' : 'has'}`;
    case 'hbm':
      return `${waits} for HBM`;
  }
}
