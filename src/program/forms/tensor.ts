/** Forms of the Tensor engine's instructions (nki.isa.nc_matmul, nc_matmul_mx, nc_transpose). */
import { flag, oneOf, pairOf } from '../check';
import { chip, given, maybe, type Form } from './form';

const TILE = {
  tile_position: maybe(
    pairOf('[row, column]'),
    'corner of the part of the array in use; [0, 0] when left out',
  ),
  tile_size: maybe(
    pairOf('[rows, columns]'),
    'rows and columns of the part of the array in use; [128, 128] when left out',
  ),
};
const accumulate = given(flag, 'add to what dst holds');

export const TENSOR = {
  nc_matmul: {
    dst: chip('PSUM [M, N], float32; bfloat16 too on trn3'),
    results: {},
    sources: {
      stationary: chip('SBUF [K, M]; [K, 2, M] with double_row'),
      moving: chip('SBUF [K, N]; [K, 2, N] with double_row'),
    },
    attributes: {
      accumulate,
      performance: given(oneOf('none', 'double_row'), 'double_row takes two rows of fp8 at once'),
      transpose: maybe(flag, 'is_transpose: dst is stationary transposed; moving is the identity'),
      ...TILE,
      stationary_onezero: maybe(flag, 'a hint that stationary holds ones and zeros only'),
      moving_onezero: maybe(flag, 'a hint that moving holds ones and zeros only'),
    },
  },
  nc_matmul_mx: {
    dst: chip('PSUM [M, N], float32 or bfloat16'),
    results: {},
    sources: {
      stationary: chip('SBUF [P, M], packed: 4 P rows of the contraction'),
      moving: chip('SBUF [P, N], packed'),
      stationary_scale: chip(
        'SBUF [P, M], float8_e8m0fnu or uint8: one for each 8 partitions; [4, M] where P is 32',
      ),
      moving_scale: chip('SBUF [P, N], likewise'),
    },
    attributes: { accumulate, ...TILE },
  },
  nc_transpose: {
    dst: chip('[F, P], of data’s format; PSUM on the Tensor engine'),
    results: {},
    sources: { data: chip('[P, F]; at most 128 x 128 on the Tensor engine, 32 x 32 on Vector') },
    attributes: {},
  },
} as const satisfies Readonly<Record<string, Form>>;
