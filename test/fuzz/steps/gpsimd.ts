/** Draws the instructions of GpSimd: affine patterns, gathers and searches of its cores. */
import { isBitwise } from '../../../src/isa/alu';
import type { GpsimdOpcode } from '../../../src/program';
import type { Draft } from '../draft';
import type { Draw } from './draw';

const CORE = 16;
const SBUF = { spaces: ['sbuf'] } as const;

/** A multiple of 16 partitions. */
const wholeCores = ({ choices }: Draft) => CORE * choices.between(1, 4);

/** The affine values of `width` elements of each partition. */
function affine({ choices }: Draft, width: number) {
  const step = () => choices.between(-3, 3) * (choices.oneIn(12) ? 0x10000001 : 1);
  const divisors = Array.from({ length: width }, (_, at) => at + 1).filter((each) => width % each === 0);
  const outer = choices.of(divisors);
  const pattern = choices.oneIn(2) ? [[step(), outer], [step(), width / outer]] as const : [[step(), width]] as const; // prettier-ignore
  return {
    pattern,
    ...(choices.oneIn(2) && { offset: choices.between(-20, 20) * (choices.oneIn(6) ? 0x1000001 : 1) }),
    ...(choices.oneIn(2) && { channel_multiplier: choices.between(-3, 3) }),
  };
}

const iota: Draw = (draft) => {
  const shape = draft.shape();
  const dst = draft.target({ ...shape, ...SBUF });
  draft.add({ opcode: 'iota', engine: 'gpsimd', dst, sources: {}, attributes: affine(draft, shape.width) });
};

const affineSelect: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const on_true = draft.source({ ...shape, ...SBUF });
  const dst = draft.target({ ...shape, ...SBUF, ...(choices.oneIn(2) && { dtypes: [on_true.dtype] }) });
  const cmp_op = draft.of(['equal', 'not_equal', 'greater_equal', 'greater', 'less_equal', 'less'] as const);
  draft.add({
    opcode: 'affine_select',
    engine: 'gpsimd',
    dst,
    sources: { on_true },
    attributes: {
      ...affine(draft, shape.width),
      on_false_value: draft.constant(),
      cmp_op,
      ...draft.rounding(),
    },
  });
};

const partitionReduce: Draw = (draft) => {
  const shape = draft.shape();
  const op = draft.of(['add', 'average', 'maximum', 'bitwise_or', 'bitwise_and'] as const);
  const bitwise = op !== 'average' && isBitwise(op);
  const data = draft.source({ ...shape, ...SBUF, ...(bitwise && { dtypes: draft.integers }) });
  const dst = draft.target({
    partitions: 1,
    width: shape.width,
    ...SBUF,
    ...(bitwise && { dtypes: [data.dtype] }),
  });
  draft.add({
    opcode: 'tensor_partition_reduce',
    engine: 'gpsimd',
    dst,
    sources: { data },
    attributes: { op, ...draft.rounding() },
  });
};

const localGather: Draw = (draft) => {
  const { choices } = draft;
  const partitions = wholeCores(draft);
  const start = draft.start(partitions);
  const each = choices.of([1, 2, 4, 8] as const);
  const width = Math.max(draft.shape().width, each);
  const columns = choices.between(1, 2);
  const count = choices.between(1, CORE * columns);
  const src_buffer = draft.source({ partitions, width, start, ...SBUF });
  const reach = (width - each + 1) * (choices.oneIn(6) ? 2 : 1);
  const content = { kind: 'below', count: reach, seed: choices.below(1000) } as const;
  const index = draft.source({ partitions, width: columns, start, ...SBUF, dtypes: ['uint16'], content });
  const dst = draft.target({ partitions, width: count * each, start, ...SBUF, dtypes: [src_buffer.dtype] });
  draft.add({
    opcode: 'local_gather',
    engine: 'gpsimd',
    dst,
    sources: { src_buffer, index },
    attributes: { num_elem_per_idx: each, num_valid_indices: count },
  });
};

const nGather: Draw = (draft) => {
  const { choices } = draft;
  const { partitions, width } = draft.shape();
  const held = draft.shape().width;
  const data = draft.source({ partitions, width: held, ...SBUF });
  const content = {
    kind: 'below',
    count: held * (choices.oneIn(6) ? 2 : 1),
    seed: choices.below(1000),
  } as const;
  const indices = draft.source({ partitions, width, ...SBUF, dtypes: ['uint32'], content });
  const dst = draft.target({ partitions, width, ...SBUF, dtypes: [data.dtype] });
  draft.add({ opcode: 'nc_n_gather', engine: 'gpsimd', dst, sources: { data, indices }, attributes: {} });
};

const sequenceBounds: Draw = (draft) => {
  const { choices } = draft;
  const { width } = draft.shape();
  const content = choices.oneIn(4)
    ? {}
    : { content: { kind: 'below', count: 3, seed: choices.below(1000) } as const };
  const segment_ids = draft.source({
    partitions: 1,
    width,
    ...SBUF,
    dtypes: ['int32', 'float32'],
    ...content,
  });
  const dst = draft.target({ partitions: 1, width: 2 * width, ...SBUF, dtypes: ['int32', 'float32'] });
  draft.add({ opcode: 'sequence_bounds', engine: 'gpsimd', dst, sources: { segment_ids }, attributes: {} });
};

const nonzero: Draw = (draft) => {
  const { choices } = draft;
  const { partitions, width } = draft.shape();
  const start = draft.start(partitions);
  const content = choices.oneIn(3)
    ? {}
    : { content: { kind: 'below', count: 2, seed: choices.below(1000) } as const };
  const src = draft.source({ partitions, width, start, ...SBUF, dtypes: ['float32', 'int32'], ...content });
  const dst = draft.target({ partitions, width: width + 1, start, ...SBUF, dtypes: ['int32'], partly: true });
  draft.add(
    {
      opcode: 'nonzero_with_count',
      engine: 'gpsimd',
      dst,
      sources: { src },
      attributes: {
        ...(choices.oneIn(2) && {
          index_offset: choices.between(-4, 4) * (choices.oneIn(4) ? 0x20000000 - 1 : 1),
        }),
        ...(choices.oneIn(2) && { padding_val: choices.between(-2, 2) }),
      },
    },
    { partly: true },
  );
};

const topk: Draw = (draft) => {
  const { choices } = draft;
  const partitions = wholeCores(draft);
  const start = draft.start(partitions);
  const { width } = draft.shape();
  const n = choices.between(8, Math.max(8, CORE * width));
  const k = choices.between(1, Math.min(n, 20));
  const columns = Math.max(width, Math.ceil(n / CORE));
  const src = draft.source({ partitions, width: columns, start, ...SBUF, dtypes: ['bfloat16'] });
  const dst = draft.target({ partitions, width: k, start, ...SBUF, dtypes: ['bfloat16'], partly: true });
  const idx_dst = draft.target({ partitions, width: k, start, ...SBUF, dtypes: ['uint32'], partly: true });
  draft.add(
    { opcode: 'topk', engine: 'gpsimd', dst, results: { idx_dst }, sources: { src }, attributes: { n } },
    { partly: true },
  );
};

export const GPSIMD_STEPS = {
  iota,
  affine_select: affineSelect,
  tensor_partition_reduce: partitionReduce,
  local_gather: localGather,
  nc_n_gather: nGather,
  sequence_bounds: sequenceBounds,
  nonzero_with_count: nonzero,
  topk,
} as const satisfies Record<GpsimdOpcode, Draw>;
