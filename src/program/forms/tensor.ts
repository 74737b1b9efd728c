/** Forms of the Tensor engine's instructions (nki.isa.nc_matmul, nc_transpose). */
import { flag, oneOf, pairOf } from '../check';
import { chip, given, maybe, type Form } from './form';

export const TENSOR = {
  nc_matmul: {
    dst: chip('PSUM [M, N], float32; bfloat16 too on trn3'),
    results: {},
    sources: {
      stationary: chip('SBUF [K, M]; [K, 2, M] with double_row'),
      moving: chip('SBUF [K, N]; [K, 2, N] with double_row'),
    },
    attributes: {
      accumulate: given(flag, 'add to what dst holds'),
      performance: given(oneOf('none', 'double_row'), 'double_row takes two rows of fp8 at once'),
      transpose: maybe(flag, 'is_transpose: dst is stationary transposed; moving is the identity'),
      tile_position: maybe(
        pairOf('[row, column]'),
        'corner of the part of the array in use; [0, 0] when left out',
      ),
      tile_size: maybe(
        pairOf('[rows, columns]'),
        'rows and columns of the part of the array in use; [128, 128] when left out',
      ),
      stationary_onezero: maybe(flag, 'a hint that stationary holds ones and zeros only'),
      moving_onezero: maybe(flag, 'a hint that moving holds ones and zeros only'),
    },
  },
  nc_transpose: {
    dst: chip('[F, P], of data’s format; PSUM on the Tensor engine'),
    results: {},
    sources: { data: chip('[P, F]; at most 128 x 128 on the Tensor engine, 32 x 32 on Vector') },
    attributes: {},
  },
} as const satisfies Readonly<Record<string, Form>>;
