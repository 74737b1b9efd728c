/** What a timeline gives to a cost: one run, and its work for the other side of a comparison. */
import { tensorBytes } from '../../program';
import type { Timeline } from '../types';
import type { CostRequest } from './cost';
import type { Work } from './gpu';

/** A run of what was timed, on as many cores as it was timed with. */
export function runOf({
  chip,
  total,
  cores,
}: Pick<Timeline, 'chip' | 'total' | 'cores'>): Pick<
  CostRequest,
  'chip' | 'timeNs' | 'cores' | 'timedCores'
> {
  return { chip, timeNs: total, cores, timedCores: cores };
}

/** Operations without transposes, which another machine may not need, and bytes: as the Program moves them, or inputs and outputs once. */
export function workOfRun(
  { program, flops, traffic }: Pick<Timeline, 'program' | 'flops' | 'traffic'>,
  moved: NonNullable<Work['moved']> = 'by the Program',
): Work {
  const bytes =
    moved === 'by the Program'
      ? traffic.hbmRead + traffic.hbmWritten
      : program.tensors
          .filter((tensor) => tensor.space === 'hbm')
          .filter(({ role }) => role !== 'scratch')
          .reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  return { flops: flops.model, bytes, moved };
}
