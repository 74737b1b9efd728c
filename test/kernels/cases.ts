/** Sizes and formats that every kernel of the library is tested on: of one tile first, then of several, and ragged ones. */
import type { Dtype } from '../../src/numerics';

export interface Case {
  /** Of one tile, and of ragged ones. */
  readonly sizes: readonly Readonly<Record<string, number>>[];
  readonly dtypes: readonly Dtype[];
}

const matmul = (most: Readonly<Record<string, number>>): Case => ({
  sizes: [{ m: 64, n: 200, k: 96 }, most],
  dtypes: ['bfloat16', 'float32'],
});
const rows: Case = {
  sizes: [
    { rows: 128, columns: 96 },
    { rows: 150, columns: 257 },
    { rows: 3, columns: 1 },
  ],
  dtypes: ['float32', 'bfloat16'],
};

const rotary: Case = {
  sizes: [
    { heads: 2, sequence: 128, size: 8 },
    { heads: 9, sequence: 150, size: 256 },
  ],
  dtypes: ['bfloat16', 'float32'],
};

const mlp: Case = {
  sizes: [
    { tokens: 64, width: 128, inner: 128, out: 64 },
    { tokens: 140, width: 200, inner: 150, out: 520 },
    { tokens: 520, width: 5, inner: 130, out: 3 },
  ],
  dtypes: ['bfloat16', 'float32'],
};

const CASES: Readonly<Record<string, Case>> = {
  matmul_tile: matmul({ m: 128, n: 512, k: 128 }),
  matmul_tiled: matmul({ m: 140, n: 520, k: 150 }),
  matmul_hoisted: matmul({ m: 140, n: 520, k: 150 }),
  matmul_blocked_free: matmul({ m: 260, n: 520, k: 150 }),
  matmul_blocked_all: matmul({ m: 140, n: 520, k: 530 }),
  transpose: rows,
  softmax: rows,
  rmsnorm: rows,
  layernorm: {
    sizes: [...rows.sizes, { rows: 5, columns: 1100 }],
    dtypes: ['float32', 'bfloat16'],
  },
  rotary,
  rotary_interleaved: rotary,
  mlp_gelu: mlp,
  mlp_silu: mlp,
  mlp_gated: mlp,
  flash_attention: {
    sizes: [
      { heads: 1, queries: 128, keys: 128, size: 64 },
      { heads: 2, queries: 140, keys: 650, size: 128 },
      { heads: 1, queries: 3, keys: 1, size: 5 },
    ],
    dtypes: ['bfloat16', 'float16', 'float32'],
  },
  flash_attention_causal: {
    sizes: [
      { heads: 1, sequence: 128, size: 64 },
      { heads: 1, sequence: 650, size: 128 },
      { heads: 2, sequence: 1, size: 64 },
    ],
    dtypes: ['bfloat16', 'float16', 'float32'],
  },
  rmsnorm_quantize_e4m3: rows,
  rmsnorm_quantize_e4m3fn: rows,
  selective_scan: {
    sizes: [
      { channels: 8, steps: 40, states: 4 },
      { channels: 130, steps: 530, states: 2 },
    ],
    dtypes: ['float32', 'bfloat16'],
  },
  average_pool: {
    sizes: [
      { channels: 3, height: 11, width: 9, window: 3, stride: 2 },
      { channels: 130, height: 20, width: 30, window: 2, stride: 3 },
      { channels: 2, height: 200, width: 100, window: 5, stride: 1 },
    ],
    dtypes: ['float32', 'bfloat16'],
  },
  top_k: {
    sizes: [
      { rows: 5, columns: 100, k: 64 },
      { rows: 130, columns: 700, k: 13 },
      { rows: 3, columns: 9, k: 9 },
      { rows: 1, columns: 8, k: 1 },
    ],
    dtypes: ['float32', 'bfloat16', 'float16'],
  },
  mxfp8_matmul: {
    sizes: [
      { m: 6, n: 5, k: 128 },
      { m: 130, n: 520, k: 640 },
    ],
    dtypes: ['bfloat16', 'float16'],
  },
};

/** The sizes and formats of a kernel. */
export const caseOf = (name: string): Case => {
  const found = CASES[name];
  if (found === undefined) throw new Error(`no sizes to test ${name} on`);
  return found;
};
