/** What kernels require of the shapes of their inputs, and how they bring them on chip. */
import type { ChipView, HbmView, Nc } from '../kernel';
import { UserError } from '../numerics';

/** @throws UserError where an input has another shape. */
export function requireShape(
  name: string,
  { shape }: { readonly shape: readonly number[] },
  required: readonly number[],
): void {
  if (shape.join() === required.join()) return;
  throw new UserError(`${name} must be [${required.join(', ')}], received [${shape.join(', ')}].`);
}

/** A tile of SBUF with what a view of HBM holds, its first dimension along the partitions. */
export function loaded(nc: Nc, source: HbmView): ChipView {
  const tile = nc.sbuf(source.shape, source.dtype);
  nc.dma_copy(tile, { src: source });
  return tile;
}
