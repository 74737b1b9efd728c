/** Values on the host, for checks that are made where they can be. */
import type { Node } from '../../tensor/graph';
import type { Real } from '../kernel';
import type { HostValues } from '../values';

/** Undefined where they are yet to be computed, or on the device alone. */
export function hostValues(x: Real): HostValues | undefined {
  const { node } = x;
  return [node, ...node.inputs].some(({ stored }: Node) => stored?.codes !== undefined) &&
    (node.op.kind === 'leaf' || node.op.kind === 'reshape')
    ? x.values()
    : undefined;
}
