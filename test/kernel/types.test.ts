/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access -- what is wrong is what is checked */
/**
 * What the types of the builder refuse: tsc fails where a line marked as an error has none. The calls are not made, but for
 * those that the tracing refuses as well.
 */
import { expect, test } from 'vitest';
import { kernel, trace, type ChipView, type HbmView, type Nc, type Options } from '../../src/kernel';

/** Checked, and never run. */
const types = (check: (nc: Nc, chip: ChipView, hbm: HbmView) => void) => check;

const CHECKS = [
  types((nc, chip, hbm) => {
    nc.dma_copy(chip, { src: hbm });
    nc.dma_copy(hbm, { src: chip });
    // @ts-expect-error -- DMA alone reaches HBM
    nc.tensor_copy(hbm, { src: chip });
    // @ts-expect-error -- the same of a source
    nc.tensor_copy(chip, { src: hbm });
    // @ts-expect-error -- a view, not the name of a tensor
    nc.tensor_copy(chip, { src: 'sb' });
    // @ts-expect-error -- a destination
    nc.tensor_copy({ src: chip });
  }),
  types((nc, chip) => {
    // @ts-expect-error -- data2 is missing
    nc.tensor_tensor(chip, { data1: chip, op: 'add' });
    // @ts-expect-error -- op is missing
    nc.tensor_tensor(chip, { data1: chip, data2: chip });
    // @ts-expect-error -- no such operator
    nc.tensor_tensor(chip, { data1: chip, data2: chip, op: 'plus' });
    // @ts-expect-error -- misspelt
    nc.tensor_tensor(chip, { data1: chip, data_2: chip, op: 'add' });
    // @ts-expect-error -- no options at all
    nc.reciprocal(chip);
    // @ts-expect-error -- no such engine
    nc.reciprocal(chip, { data: chip, engine: 'host' });
    nc.reciprocal(chip, { data: chip, engine: 'vector', name: 'r', rounding: 'toward-zero' });
    // @ts-expect-error -- no such rounding
    nc.reciprocal(chip, { data: chip, rounding: 'up' });
    // @ts-expect-error -- misspelt
    nc.reciprocal(chip, { data: chip, roundin: 'toward-zero' });
    // @ts-expect-error -- no such instruction
    nc.tensor_reciprocal(chip, { data: chip });
  }),
  types((nc, chip, hbm) => {
    nc.tensor_scalar(chip, { data: chip, op0: 'add', operand0: 1, op1: 'add', operand1: chip });
    // @ts-expect-error -- a tile in HBM
    nc.tensor_scalar(chip, { data: chip, op0: 'add', operand0: hbm });
    // @ts-expect-error -- neither a tile nor a number
    nc.tensor_scalar(chip, { data: chip, op0: 'add', operand0: '1' });
    nc.scalar_tensor_tensor(chip, { data: chip, op0: 'add', operand0: 1, op1: 'add', operand1: chip });
    // @ts-expect-error -- operand1 is a tile
    nc.scalar_tensor_tensor(chip, { data: chip, op0: 'add', operand0: 1, op1: 'add', operand1: 1 });
    // @ts-expect-error -- reduce_res is missing
    nc.activation_reduce(chip, { op: 'exp', data: chip, reduce_op: 'add' });
  }),
  types((nc, chip) => {
    nc.nc_matmul(chip, { stationary: chip, moving: chip });
    nc.nc_matmul(chip, { stationary: chip, moving: chip, accumulate: 'inferred', performance: 'none' });
    // @ts-expect-error -- true, false or 'inferred'
    nc.nc_matmul(chip, { stationary: chip, moving: chip, accumulate: 1 });
    // @ts-expect-error -- no such mode
    nc.nc_matmul(chip, { stationary: chip, moving: chip, performance: 'triple_row' });
    nc.memset(chip, { value: 1 });
    nc.memset(chip, { code: 1 });
    // @ts-expect-error -- a number
    nc.memset(chip, { value: '1' });
    nc.tensor_reduce(chip, { data: chip, op: 'add', axes: 1 });
    nc.tensor_reduce(chip, { data: chip, op: 'add', axes: [1, 2] });
    // @ts-expect-error -- axes is missing
    nc.tensor_reduce(chip, { data: chip, op: 'add' });
  }),
  types((nc, chip) => {
    const register = nc.register();
    nc.register_load(register, { src: chip });
    nc.register_move(register, { from: register });
    nc.register_store(chip, { register });
    // @ts-expect-error -- a register first
    nc.register_load(chip, { src: chip });
    // @ts-expect-error -- the register is told first
    nc.register_move(register, { register: 'r', value: 1 });
    // @ts-expect-error -- a register, not its name
    nc.register_store(chip, { register: 'r' });
    // @ts-expect-error -- a register first
    nc.while_loop(1, () => undefined);
    // @ts-expect-error -- bounds are numbers or registers; an index of a register is neither
    nc.fori_loop(0, register.plus(1), () => undefined);
  }),
  types((nc, chip) => {
    const first = nc.reciprocal(chip, { data: chip });
    nc.reciprocal(chip, { data: chip }).depends_on(first).depends_on(first, first);
    // @ts-expect-error -- an instruction, not the tile that it writes
    nc.reciprocal(chip, { data: chip }).depends_on(chip);
    // @ts-expect-error -- nor its id
    nc.reciprocal(chip, { data: chip }).depends_on(first.id);
    // @ts-expect-error -- the id is the builder's
    first.id = 'second';
  }),
  types((nc, chip, hbm) => {
    // @ts-expect-error -- no such format
    nc.sbuf([1, 1], 'float31');
    // @ts-expect-error -- PSUM has banks
    nc.psum([1, 1], 'float32', { address: 0 });
    // @ts-expect-error -- SBUF has addresses
    nc.sbuf([1, 1], 'float32', { bank: 0 });
    // @ts-expect-error -- a range is 'all', a position, a list or ds(...)
    chip.slice('every');
    // @ts-expect-error -- an index is on chip
    hbm.indirect(hbm);
    // @ts-expect-error -- nor is that of a tensor on chip in HBM
    chip.indirect(hbm);
    // @ts-expect-error -- a tensor in HBM has no partitions
    hbm.ap([[1, 1]], { partition: 0 });
  }),
  types(() => {
    const made = kernel('k', ['a', 'b'], (_, { a, b }) => {
      a.slice(0);
      b.slice(0);
    });
    const spec = { shape: [1], dtype: 'float32' } as const;
    trace(made, { chip: 'trn2', inputs: { a: spec, b: spec } });
    // @ts-expect-error -- b is missing
    trace(made, { chip: 'trn2', inputs: { a: spec } });
    // @ts-expect-error -- no such chip
    trace(made, { chip: 'trn9', inputs: { a: spec, b: spec } });
    // @ts-expect-error -- no such input
    kernel('k', ['a'], (_, { c }) => {
      c.slice(0);
    });
  }),
];

test('what types refuse is told in the marked lines, and nothing of it is run', () => {
  expect(CHECKS.map((check) => typeof check)).toEqual(CHECKS.map(() => 'function'));
});

test('what the builder fills in is optional in its options', () => {
  const optional: { readonly [O in 'nc_matmul' | 'memset' | 'register_move']: Partial<Options<O>> } = {
    nc_matmul: { accumulate: undefined, performance: undefined },
    memset: { value: undefined, code: undefined },
    register_move: { value: undefined, from: undefined },
  };
  expect(Object.keys(optional)).toHaveLength(3);
});
