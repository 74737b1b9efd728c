/** Copies what is looked at out of emulated memory: a later step does not change it. */
import { codeArray } from '../../numerics';
import { bytesOf, elementsOf } from '../../program';
import { MemoryView, type Viewed } from '../program/view';
import type { Place } from './places';
import { stripsOf } from '../program/strips';

export function lookAt(viewed: Viewed, { bytes, address, pitch }: Omit<Place, 'tensor'>): MemoryView {
  const { pattern } = viewed;
  const strips = stripsOf(pattern, address, pitch);
  const codes = codeArray(pattern.dtype, elementsOf(pattern));
  bytes.gather(strips, codes);
  return new MemoryView(viewed, codes, bytes.written(strips, bytesOf(pattern.dtype), codes.length));
}
