/** Elements from any access pattern to any other of as many elements, converted by way of float32 where formats differ. */
import moveWgsl from '../../../../../shaders/interpreter/dma/move.wgsl';
import type { Pattern } from '../../../../program';
import type { Lowering } from '../lowering';
import { mayRepeat, placeOf } from '../place';
import type { Work } from '../work';

const MOST_LANES = 128;

export function moveWorks(lowering: Lowering, src: Pattern, dst: Pattern): readonly Work[] {
  const [to, from] = [lowering.write(dst, {}), lowering.read(src)];
  return lowering.lane('move', moveWgsl, {
    operands: { dst: to, src: from },
    counted: 'dst',
    crosses: true,
    elementwise: true,
    lanes: lanesOf(lowering, src, dst),
    values: { CODES: Number(src.dtype === dst.dtype), DECODE: `decode_${src.dtype}` },
  });
}

/** Rows of what is written: its partitions on chip; in HBM those of the other side, or as many as divide it. */
function lanesOf(lowering: Lowering, src: Pattern, dst: Pattern): number {
  if (dst.space !== 'hbm') return dst.partitions;
  const place = placeOf(lowering.layout, dst);
  if (mayRepeat(place)) return 1;
  if (src.space !== 'hbm') return src.partitions;
  for (let lanes = MOST_LANES; lanes > 1; lanes--) if (place.width % lanes === 0) return lanes;
  return 1;
}
