/** Random Programs of the right form, legal or not. */
import fc from 'fast-check';
import { CHIP_NAMES } from '../../src/chip';
import { DTYPES, ROUNDINGS } from '../../src/numerics';
import type {
  ChipPattern,
  Dim,
  HbmPattern,
  Instruction,
  Program,
  Tensor,
  WriteOptions,
} from '../../src/program';

const dtype = fc.constantFrom(...DTYPES);
const engine = fc.constantFrom('tensor', 'vector', 'scalar', 'gpsimd', 'sync', 'dma' as const);
const size = fc.nat(1000);
const name = fc.string({ maxLength: 5 });

export const anyDims: fc.Arbitrary<readonly Dim[]> = fc.array(
  fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(4)),
  { maxLength: 3 },
);

const access = { tensor: name, dtype, offset: size, dims: anyDims };
const hbmPattern: fc.Arbitrary<HbmPattern> = fc.record({ space: fc.constant('hbm'), ...access });
const chipPattern: fc.Arbitrary<ChipPattern> = fc.record({
  space: fc.constantFrom('sbuf', 'psum'),
  ...access,
  partition: size,
  partitions: size,
});
const pattern = fc.oneof(hbmPattern, chipPattern);

const onChip = { name, dtype, partition: size, partitions: size, elements: size };
const tensor: fc.Arbitrary<Tensor> = fc.oneof(
  fc.record({
    space: fc.constant('hbm'),
    name,
    dtype,
    shape: fc.array(size, { maxLength: 3 }),
    role: fc.constantFrom('input', 'output'),
  }),
  fc.record({ space: fc.constant('sbuf'), ...onChip, address: size }),
  fc.record({ space: fc.constant('psum'), ...onChip, bank: size }),
);

const common = { id: name, engine };
const write: fc.Arbitrary<WriteOptions> = fc.record(
  {
    rounding: fc.constantFrom(...ROUNDINGS),
    saturate: fc.boolean(),
    seed: fc.maxSafeNat(),
    element: size,
    pitch: size,
  },
  { requiredKeys: [] },
);
const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  fc.record({
    opcode: fc.constant('dma_copy'),
    ...common,
    dst: pattern,
    sources: fc.record({ src: pattern }),
    attributes: fc.constant({}),
  }),
  fc.record({
    opcode: fc.constant('nc_matmul'),
    ...common,
    dst: chipPattern,
    sources: fc.record({ stationary: chipPattern, moving: chipPattern }),
    attributes: fc.record({ accumulate: fc.boolean(), performance: fc.constantFrom('none', 'double_row') }),
  }),
  fc.record({
    opcode: fc.constant('tensor_copy'),
    ...common,
    dst: chipPattern,
    sources: fc.record({ src: chipPattern }),
    attributes: write,
  }),
  fc.record({
    opcode: fc.constant('tensor_tensor'),
    ...common,
    dst: chipPattern,
    sources: fc.record({ data1: chipPattern, data2: chipPattern }),
    attributes: write.map((options) => ({ op: 'add' as const, ...options })),
  }),
  fc.record({
    opcode: fc.constant('memset'),
    ...common,
    dst: chipPattern,
    sources: fc.constant({}),
    attributes: fc.record({ code: size }),
  }),
);

export const anyProgram: fc.Arbitrary<Program> = fc.record({
  chip: fc.constantFrom(...CHIP_NAMES),
  tensors: fc.array(tensor, { maxLength: 4 }),
  instructions: fc.array(instruction, { maxLength: 6 }),
});
