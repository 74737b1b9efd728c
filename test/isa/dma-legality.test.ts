import { describe, expect, test } from 'vitest';
import type { ChipName } from '../../src/chip';
import type { Instruction } from '../../src/program';
import { testMachine } from './machine';

type Copy = Instruction<'dma_copy'>;

const machine = testMachine({
  t: { space: 'hbm', dtype: 'bfloat16', shape: [64, 4] },
  x: { dtype: 'bfloat16', partitions: 8, elements: 4 },
  w: { dtype: 'float32', partitions: 8, elements: 4 },
  y: { dtype: 'bfloat16', partitions: 128, elements: 8 },
  z: { dtype: 'float32', partitions: 128, elements: 8 },
  i: { dtype: 'uint32', partitions: 128, elements: 2 },
});
const index = (partitions: number, columns = 1) => machine.on('i', { partitions, dims: [[1, columns]] });
const rows = (count: number) => machine.hbm('t', { dims: [[0, count], [1, 4]] }); // prettier-ignore
const x = machine.on('x');

/** Loads 8 rows of `t`, as told. */
const load = (
  attributes: Copy['attributes'] = {},
  more: Partial<Copy> = {},
  src_index?: ReturnType<typeof index>,
): Copy => ({
  opcode: 'dma_copy',
  id: 'i',
  engine: 'dma',
  dst: x,
  sources: { src: rows(8), ...(src_index && { src_index }) },
  attributes: { ...(src_index && { src_stride: 4 }), ...attributes },
  ...more,
});
const hwdge = { dge_mode: 'hwdge' } as const;
const swdge = { dge_mode: 'swdge' } as const;
const sync = { engine: 'sync' } as const;
const moving = { ...x, registers: [['r', 4]] as const };

describe('dma_copy is legal', () => {
  test.each<[string, Instruction, readonly ChipName[]]>([
    ['as hwdge on trn2 and trn3', load(hwdge, sync), ['trn2', 'trn3']],
    ['as hwdge with one index', load(hwdge, sync, index(1)), ['trn2', 'trn3']],
    ['as swdge with several', load(swdge, { engine: 'gpsimd' }, index(8)), ['trn1', 'trn2', 'trn3']],
    ['with several and no mode', load({}, { dst: machine.on('w') }, index(8)), ['trn1', 'trn2', 'trn3']],
    ['without DGE', load({ dge_mode: 'none' }, { engine: 'scalar' }), ['trn1', 'trn2', 'trn3']],
    ['on registers', load(swdge, { dst: moving }), ['trn1', 'trn2', 'trn3']],
    [
      'with two columns of indices',
      load(
        {},
        {
          dst: machine.on('y'),
          sources: { src: rows(256), src_index: index(128, 2) },
          attributes: { src_stride: 4 },
        },
      ),
      ['trn1', 'trn2', 'trn3'],
    ],
  ])('%s', (_, instruction, chips) => {
    const legal = (['trn1', 'trn2', 'trn3'] as const).filter(
      (chip) => machine.problem(instruction, chip) === undefined,
    );
    expect(legal).toEqual(chips);
  });
});

describe('dma_copy is refused', () => {
  test.each<[string, Instruction, ChipName?]>([
    ['hwdge exists on trn2 and trn3, received trn1.', load(hwdge, sync), 'trn1'],
    ['hwdge is driven by sync or scalar, received dma.', load(hwdge)],
    ['hwdge is driven by sync or scalar, received gpsimd.', load(hwdge, { engine: 'gpsimd' })],
    [
      'hwdge converts nothing, received bfloat16 to float32: use swdge or none.',
      load(hwdge, { ...sync, dst: machine.on('w') }),
    ],
    ['hwdge neither gathers nor scatters: use swdge for several indices.', load(hwdge, sync, index(8))],
    ['swdge is driven by gpsimd (or dma), received scalar.', load(swdge, { engine: 'scalar' })],
    [
      'descriptors of dge_mode none are built before the run: it takes no index and no registers.',
      load({ dge_mode: 'none' }, {}, index(1)),
    ],
    ['it takes no index and no registers.', load({ dge_mode: 'none' }, { dst: moving })],
    ['src_index and its stride go together, received the stride alone.', load({ src_stride: 4 })],
    [
      'dst_index and its stride go together, received the index alone.',
      load({}, { sources: { src: rows(8), dst_index: index(8) } }),
    ],
    [
      'dst has an index and so must be in hbm, received sbuf.',
      load({ dst_stride: 4 }, { sources: { src: rows(8), dst_index: index(1) } }),
    ],
    ['src_index must be in sbuf, received psum.', load({}, {}, { ...index(1), space: 'psum' })],
    ['src_index must be uint32 or int32, received uint16.', load({}, {}, { ...index(8), dtype: 'uint16' })],
    [
      'src_index must have 1 element or one for each of the 8 steps of src’s outermost dimension, received 7.',
      load({}, {}, index(7)),
    ],
    [
      'src_index must have 1 element or one for each of the 8 steps of src’s outermost dimension, received 16.',
      load({}, {}, index(16)),
    ],
    ['src_index of several columns must have 128 partitions, received 4.', load({}, {}, index(4, 2))],
    [
      'src_index of several columns converts nothing, received bfloat16 to float32.',
      load(
        {},
        {
          dst: machine.on('z'),
          sources: { src: rows(256), src_index: index(128, 2) },
          attributes: { src_stride: 4 },
        },
      ),
    ],
    [
      'dst_index has one column, received 2: scatter column by column.',
      load(
        { dst_stride: 4 },
        { dst: rows(256), sources: { src: machine.on('y'), dst_index: index(128, 2) } },
      ),
    ],
    [
      'oob_mode skip takes an index: what registers address is always checked.',
      load({ oob_mode: 'skip' }, { dst: moving }),
    ],
    ['src must be in hbm or sbuf, received psum.', load({}, { sources: { src: { ...x, space: 'psum' } } })],
    ['it is issued to dma, sync, scalar, gpsimd, received vector.', load({}, { engine: 'vector' })],
  ])('%s', (message, instruction, chip) => {
    expect(machine.problem(instruction, chip)).toContain(message);
  });
});
