/** A small legal call of every instruction. */
import type { Destination, Nc, Options } from '../../src/kernel';
import type { Dtype } from '../../src/numerics';
import type { Opcode } from '../../src/program';

export type Call<O extends Opcode> = readonly [dst: Destination<O>, options: Options<O>];

const CALLS_BY_OPCODE: { readonly [O in Opcode]: (nc: Nc) => Call<O> } = {
  dma_copy: (nc) => [tile(nc), { src: tile(nc) }],
  dma_transpose: (nc) => [tile(nc, 'bfloat16', [8, 32]), { src: tile(nc, 'bfloat16'), axes: [1, 0] }],
  dma_compute: (nc) => [tile(nc), { src0: tile(nc), src1: tile(nc), reduce_op: 'add' }],
  nc_matmul: (nc) => [
    nc.psum([8, 8], 'float32'),
    { stationary: tile(nc, 'bfloat16'), moving: tile(nc, 'bfloat16') },
  ],
  nc_matmul_mx: (nc) => [
    nc.psum([8, 8], 'float32'),
    {
      stationary: tile(nc, 'float8_e4m3fn_x4'),
      moving: tile(nc, 'float4_e2m1fn_x4'),
      stationary_scale: tile(nc, 'float8_e8m0fnu', [4, 8]),
      moving_scale: tile(nc, 'uint8', [4, 8]),
    },
  ],
  nc_transpose: (nc) => [nc.psum([8, 32], 'bfloat16'), { data: tile(nc, 'bfloat16') }],
  activation: (nc) => [tile(nc), { op: 'exp', data: tile(nc) }],
  activation_reduce: (nc) => [
    tile(nc),
    { op: 'exp', data: tile(nc), reduce_op: 'add', reduce_res: column(nc) },
  ],
  activate2: (nc) => [
    tile(nc),
    { op: 'exp', data: tile(nc), op0: 'multiply', imm0: 2, op1: 'add', imm1: column(nc) },
  ],
  tensor_copy: (nc) => [tile(nc), { src: tile(nc) }],
  tensor_tensor: (nc) => [tile(nc), { data1: tile(nc), data2: tile(nc), op: 'add' }],
  tensor_scalar: (nc) => [tile(nc), { data: tile(nc), op0: 'add', operand0: 1 }],
  scalar_tensor_tensor: (nc) => [
    tile(nc),
    { data: tile(nc), op0: 'add', operand0: 1, op1: 'multiply', operand1: tile(nc) },
  ],
  tensor_scalar_reduce: (nc) => [
    tile(nc),
    { data: tile(nc), op0: 'add', operand0: 1, reduce_op: 'add', reduce_res: column(nc) },
  ],
  exponential: (nc) => [tile(nc), { src: tile(nc) }],
  tensor_scalar_cumulative: (nc) => [tile(nc), { src: tile(nc), op0: 'add', op1: 'add', imm0: 1 }],
  tensor_tensor_scan: (nc) => [
    tile(nc),
    { data0: tile(nc), data1: tile(nc), initial: 0, op0: 'add', op1: 'add' },
  ],
  tensor_reduce: (nc) => [column(nc), { data: tile(nc), op: 'add', axes: 1 }],
  tensor_copy_predicated: (nc) => [tile(nc), { src: tile(nc), predicate: tile(nc, 'uint8') }],
  select_reduce: (nc) => [tile(nc), { predicate: tile(nc, 'uint8'), on_true: tile(nc), on_false: 0 }],
  range_select: (nc) => [
    tile(nc),
    {
      on_true: tile(nc),
      bound0: column(nc),
      bound1: column(nc),
      comp_op0: 'greater_equal',
      comp_op1: 'less',
      on_false_value: -3.4028234663852886e38,
    },
  ],
  reciprocal: (nc) => [tile(nc), { data: tile(nc) }],
  bn_stats: (nc) => [tile(nc, 'float32', [32, 6]), { data: tile(nc) }],
  bn_aggr: (nc) => [tile(nc, 'float32', [32, 2]), { data: tile(nc, 'float32', [32, 6]) }],
  max8: (nc) => [tile(nc), { src: tile(nc) }],
  nc_find_index8: (nc) => [tile(nc, 'uint32'), { data: tile(nc), vals: tile(nc) }],
  nc_match_replace8: (nc) => [tile(nc), { data: tile(nc), vals: tile(nc), imm: 0 }],
  nc_stream_shuffle: (nc) => [
    tile(nc),
    { src: tile(nc), shuffle_mask: Array.from({ length: 32 }, (_, index) => 31 - index) },
  ],
  quantize_mx: (nc) => [
    tile(nc, 'float8_e5m2_x4', [32, 2]),
    { src: tile(nc, 'bfloat16'), dst_scale: tile(nc, 'uint8', [4, 2]) },
  ],
  memset: (nc) => [tile(nc), { value: 1 }],
  iota: (nc) => [tile(nc, 'int32'), { pattern: [[1, 8]] }],
  affine_select: (nc) => [tile(nc), { on_true: tile(nc), pattern: [[1, 8]], on_false_value: 0 }],
  tensor_partition_reduce: (nc) => [tile(nc, 'float32', [1, 8]), { data: tile(nc), op: 'add' }],
  local_gather: (nc) => [
    tile(nc, 'float32', [32, 128]),
    { src_buffer: tile(nc), index: tile(nc, 'uint16', [32, 4]), num_elem_per_idx: 2 },
  ],
  nc_n_gather: (nc) => [
    tile(nc, 'bfloat16', [32, 5]),
    { data: tile(nc, 'bfloat16'), indices: tile(nc, 'uint32', [32, 5]) },
  ],
  sequence_bounds: (nc) => [tile(nc, 'int32', [1, 2, 8]), { segment_ids: tile(nc, 'float32', [1, 8]) }],
  nonzero_with_count: (nc) => [tile(nc, 'int32', [32, 9]), { src: tile(nc) }],
  topk: (nc) => [
    tile(nc, 'bfloat16', [32, 40]),
    { src: tile(nc, 'bfloat16'), idx_dst: tile(nc, 'uint32', [32, 40]), n: 100 },
  ],
  rng: (nc) => [tile(nc, 'uint32'), {}],
  rand2: (nc) => [tile(nc), { min: -1, max: 1 }],
  dropout: (nc) => [tile(nc), { data: tile(nc), prob: 0.5 }],
  set_rng_seed: (nc) => [tile(nc, 'uint32', [1, 1]), {}],
  rand_set_state: (nc) => [tile(nc, 'uint32', [32, 6]), {}],
  rand_get_state: (nc) => [tile(nc, 'uint32', [32, 6]), {}],
  register_move: (nc) => [nc.register(), { value: 3 }],
  register_load: (nc) => [nc.register(), { src: tile(nc, 'int32', [1, 1]) }],
  register_store: (nc) => [tile(nc, 'int32', [1, 1]), { register: nc.register() }],
};

/** The calls where the opcode is one of many. */
export const CALLS: Readonly<Record<Opcode, (nc: Nc) => readonly [dst: unknown, options: object]>> =
  CALLS_BY_OPCODE;

export const tile = (nc: Nc, dtype: Dtype = 'float32', shape: readonly number[] = [32, 8]) =>
  nc.sbuf(shape, dtype);

export const column = (nc: Nc) => tile(nc, 'float32', [32, 1]);

/** As a caller without types calls it. */
export function callUntyped(nc: Nc, opcode: Opcode, dst: unknown, options: unknown): unknown {
  return (nc[opcode] as unknown as (dst: unknown, options: unknown) => unknown)(dst, options);
}
