/** What lies in SBUF and PSUM at one time of a timeline. */
import type { Chip } from '../../../src/chip';
import { aliveAt, bytesAt, type Occupancy } from '../../../src/time/occupancy';
import type { Resident } from './protocol';

export interface Residents {
  readonly sbuf: readonly Resident[];
  readonly psum: readonly Resident[];
}

export function residentsAt(occupancy: Occupancy, time: number, chip: Chip): Residents {
  const sbuf: Resident[] = [];
  const psum: Resident[] = [];
  for (const version of aliveAt(occupancy, time)) {
    const tensor = occupancy.tensors[occupancy.tensor[version] ?? 0];
    if (tensor === undefined) continue;
    const { name, space, partition, partitions } = tensor;
    const { start, end } = bytesAt(tensor, chip);
    const resident = { name, partition, partitions, start, bytes: end - start };
    if (space === 'sbuf') sbuf.push(resident);
    else psum.push(resident);
  }
  return { sbuf, psum };
}
