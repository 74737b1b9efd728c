import { describe, expect, test } from 'vitest';
import { ds, KernelError, type ChipView, type HbmView, type Range } from '../../src/kernel';
import { givenBy } from './tracing';

describe('refused views', () => {
  const [hbm, sbuf, psum] = givenBy(
    (nc) =>
      [
        nc.hbm('h', [4, 6, 1], 'bfloat16'),
        nc.sbuf([8, 6, 1], 'bfloat16'),
        nc.psum([8, 2, 6], 'float32'),
      ] as const,
  );
  const index = givenBy((nc) => nc.sbuf([4, 1], 'uint32'));
  const indirect: HbmView = hbm.indirect(index);
  const gathered: ChipView = sbuf.indirect(index, 3);

  test.each<[string, string, (h: HbmView, s: ChipView) => unknown]>([
    ['slice', 'at most 3 dimensions of shape [4, 6, 1], received 4.', (h) => h.slice(0, 0, 0, 0)],
    ['slice', 'dimension 1 has positions 0..5, received 6..6.', (h) => h.slice('all', 6)],
    [
      'slice',
      'position in dimension 0 must be a whole number of at least 0, received -1.',
      (h) => h.slice(-1),
    ],
    [
      'slice',
      'position in dimension 0 must be a whole number of at least 0, received 1.5.',
      (h) => h.slice(1.5),
    ],
    [
      'slice',
      'start in dimension 0 must be a whole number of at least 0, received -1.',
      (h) => h.slice([-1, 2]),
    ],
    [
      'slice',
      'stop in dimension 0 must be a whole number of at least 0, received NaN.',
      (h) => h.slice([0, NaN]),
    ],
    [
      'slice',
      'step in dimension 1 must be a whole number of at least 1, received 0.',
      (h) => h.slice('all', [0, 2, 0]),
    ],
    ['slice', 'dimension 0: stop must be above start, received [2, 2].', (h) => h.slice([2, 2])],
    ['slice', 'dimension 0 ends at 4, received stop 5: take Math.min(stop, 4).', (h) => h.slice([2, 5])],
    [
      'slice',
      'size in dimension 0 must be a whole number of at least 1, received 0.',
      (h) => h.slice(ds(0, 0)),
    ],
    [
      'slice',
      'step in dimension 0 must be a whole number of at least 1, received -1.',
      (h) => h.slice(ds(0, 2, -1)),
    ],
    [
      'slice',
      'start in dimension 0 must be a whole number of at least 0, received 0.5.',
      (h) => h.slice(ds(0.5, 2)),
    ],
    ['slice', 'dimension 1 has positions 0..5, received 1..7.', (h) => h.slice('all', ds(1, 3, 3))],
    [
      'slice',
      "dimension 0 takes 'all', a position, [start, stop, step] or ds(start, size), received ALL.",
      (h) => h.slice('ALL' as unknown as Range),
    ],
    [
      'slice',
      'on chip dimension 0 takes contiguous partitions that are known now: no register and no step.',
      (_, s) => s.slice([0, 8, 2]),
    ],
    ['select', 'dimensions are 0..2 of shape [4, 6, 1], received 3.', (h) => h.select(3, 0)],
    ['select', 'dimensions are 0..2 of shape [4, 6, 1], received 0.5.', (h) => h.select(0.5, 0)],
    ['select', 'dimension 1 has positions 0..5, received 6..6.', (h) => h.select(1, 6)],
    ['permute', 'permute takes each of 0..2 once, received [0, 1].', (h) => h.permute(0, 1)],
    ['permute', 'permute takes each of 0..2 once, received [0, 1, 1].', (h) => h.permute(0, 1, 1)],
    [
      'permute',
      'on chip dimension 0 is the partitions and stays first, received [1, 0, 2]: nc_transpose or dma_transpose moves data across partitions.',
      (_, s) => s.permute(1, 0, 2),
    ],
    ['broadcast', 'dimension 1 must have 1 element to be broadcast, received 6.', (h) => h.broadcast(1, 2)],
    ['broadcast', 'count must be a whole number of at least 1, received 0.', (h) => h.broadcast(2, 0)],
    [
      'broadcast',
      'on chip dimension 0 is the partitions: take a free dimension.',
      (_, s) => s.broadcast(0, 2),
    ],
    ['expand', 'dimensions are 0..2 of shape [4, 6, 1], received 4.', (h) => h.expand(4)],
    ['expand', 'on chip dimension 0 is the partitions: take a free dimension.', (_, s) => s.expand(0)],
    ['squeeze', 'dimension 1 must have 1 element, received 6.', (h) => h.squeeze(1)],
    ['squeeze', 'a view keeps at least one free dimension.', (h) => h.slice(0, [0, 1], 0).squeeze(0)],
    ['squeeze', 'a view keeps at least one free dimension.', (_, s) => s.slice('all', 0).squeeze(1)],
    ['reshape', 'shape must have 24 elements, received [4, 5].', (h) => h.reshape(4, 5)],
    ['reshape', 'shape must have 24 elements, received [-4, -6].', (h) => h.reshape(-4, -6)],
    ['reshape', 'a view keeps at least one free dimension.', (h) => h.reshape()],
    ['reshape', 'on chip dimension 0 stays 8 partitions, received [4, 12].', (_, s) => s.reshape(4, 12)],
    ['reshape', 'a view keeps at least one free dimension.', (_, s) => s.reshape(8)],
    [
      'reshape',
      '[6, 4, 1] with strides [1, 6, 1] has no view of shape [24]: it would be a copy.',
      (h) => h.permute(1, 0, 2).reshape(24),
    ],
    ['split', 'shape must have 6 elements, received [2, 2].', (h) => h.split(1, 2, 2)],
    ['split', 'on chip dimension 0 is the partitions: take a free dimension.', (_, s) => s.split(0, 2, 4)],
    ['flatten', 'last must not be below first, received 1 and 0.', (h) => h.flatten(1, 0)],
    ['flatten', 'dimensions are 0..2 of shape [4, 6, 1], received 3.', (h) => h.flatten(0, 3)],
    [
      'flatten',
      '[4, 3] with strides [6, 1] has no view of shape [12]: it would be a copy.',
      (h) => h.slice('all', [0, 3]).flatten(0, 1),
    ],
    ['flatten', 'on chip dimension 0 is the partitions: take a free dimension.', (_, s) => s.flatten(0)],
    [
      'view',
      'the last dimension must be contiguous (stride 1) to be read as another size, received stride 2.',
      (h) => h.slice(0, [0, 6, 2], 0).view('uint8'),
    ],
    [
      'view',
      'offset, last dimension and strides must be multiples of 2 elements, received offset 1, 4 elements, strides none.',
      (h) => h.slice(0, [1, 5], 0).view('float32'),
    ],
    [
      'view',
      'offset, last dimension and strides must be multiples of 2 elements, received offset 0, 1 elements, strides 6, 1.',
      (h) => h.view('float32'),
    ],
    ['ap', 'pattern takes [stride, count] of each dimension, received none.', (h) => h.ap([])],
    ['ap', 'pattern takes [stride, count] of each dimension, received [1, 0].', (h) => h.ap([[1, 0]])],
    ['ap', 'pattern takes [stride, count] of each dimension, received [0.5, 1].', (_, s) => s.ap([[0.5, 1]])],
    ['ap', 'tensor "h" has 24 elements of bfloat16, received elements 0..24.', (h) => h.ap([[24, 2]])],
    [
      'ap',
      'tensor "h" has 12 elements of float32, received elements -1..0.',
      (h) => h.ap([[-1, 2]], { dtype: 'float32' }),
    ],
    ['ap', 'tensor "sb" has 6 elements of bfloat16, received elements 0..6.', (_, s) => s.ap([[1, 7]])],
    ['ap', 'tensor "sb" has partitions 0..7, received 4..11.', (_, s) => s.ap([[1, 6]], { partition: 4 })],
    ['indirect', 'index must be a view of a tensor in SBUF.', (h) => h.indirect(psum)],
    ['indirect', 'index must be a view of a tensor in SBUF.', (h) => h.indirect(hbm as unknown as ChipView)],
    ['indirect', 'this view has an index already, and takes one.', () => indirect.indirect(index)],
    ['indirect', 'this view has an index already, and takes one.', () => gathered.indirect(index)],
    ['indirect', 'index must be a view of a tensor in SBUF.', (_, s) => s.indirect(psum)],
    ['indirect', 'index must not have an index itself, received one.', (_, s) => s.indirect(gathered)],
    [
      'indirect',
      'an index counts elements that follow each other, received free dimensions [stride, count] [[2, 3]]: take a slice that is contiguous.',
      (_, s) => s.slice('all', [0, 6, 2], 0).indirect(index),
    ],
    [
      'indirect',
      'elements must be a whole number of at least 1, received 0.',
      (_, s) => s.indirect(index, 0),
    ],
    [
      'slice',
      'a view with an index has no further views: take slices first and the index last.',
      () => gathered.slice([0, 4]),
    ],
    [
      'slice',
      'a view with an index has no further views: take slices first and the index last.',
      () => indirect.slice(0),
    ],
    [
      'offsetBy',
      'index must have 1 element, received shape [4, 1]: use indirect.',
      (h) => h.offsetBy(0, index),
    ],
    [
      'offsetBy',
      'dimensions are 0..2 of shape [4, 6, 1], received 3.',
      (h) => h.offsetBy(3, index.slice([0, 1])),
    ],
  ])('%s: %s', (call, rule, take) => {
    let error: unknown;
    try {
      take(hbm, sbuf);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(KernelError);
    expect(error).toMatchObject({ kernel: 'k', call, rule });
  });
});
