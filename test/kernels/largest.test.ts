/** The largest sizes of the kernels that hold much at a time: they are placed, and the verifier finds nothing. */
import { describe, expect, test } from 'vitest';
import { sizesOf } from '../../src/kernels/entry';
import { libraryEntry } from '../../src/kernels/library';
import { trace } from '../../src/kernel';
import { instructionsOf } from '../../src/program';
import { verifyProgram } from '../../src/verify';

const LARGEST: readonly (readonly [name: string, sizes: Readonly<Record<string, number>>, most: number])[] = [
  ['flash_attention', { queries: 4096, keys: 4096, size: 128 }, 5000],
  ['flash_attention', { queries: 4096, keys: 4096, size: 64 }, 5000],
  ['flash_attention_causal', { sequence: 4096, size: 128 }, 3000],
  ['mlp_gated', { tokens: 512, width: 2048, inner: 8192, out: 512 }, 6000],
  ['layernorm', { rows: 256, columns: 4096 }, 100],
  ['rotary', { heads: 32, sequence: 256, size: 256 }, 200],
];

describe.each(LARGEST)('%s of %o', (name, given, most) => {
  const entry = libraryEntry(name);
  test.each(entry.chips)('is sound, in few instructions, on %s', (chip) => {
    const sizes = sizesOf(entry, given);
    const { program } = trace(entry.kernel(sizes), { chip, inputs: entry.inputs(sizes, 'float32') });
    expect(verifyProgram(program).findings).toEqual([]);
    expect([...instructionsOf(program.instructions)].length).toBeLessThanOrEqual(most);
  });
});

const shape = (...extents: number[]) => ({ shape: extents, dtype: 'float32' }) as const;

test.each([
  [
    'layernorm',
    { x: shape(4, 8), gain: shape(1, 8), offset: shape(8, 1) },
    /offset must be \[1, 8\], received \[8, 1\]/,
  ],
  ['rotary', { x: shape(2, 4, 7), cos: shape(4, 3), sin: shape(4, 3) }, /even last dimension, received 7/],
  [
    'rotary',
    { x: shape(2, 4, 8), cos: shape(4, 4), sin: shape(2, 4) },
    /sin must be \[4, 4\], received \[2, 4\]/,
  ],
  [
    'flash_attention',
    { q: shape(1, 4, 8), k: shape(2, 4, 8), v: shape(1, 4, 8) },
    /k must be \[heads, keys, size\] = \[1, 4, 8\]/,
  ],
  [
    'flash_attention',
    { q: shape(1, 4, 129), k: shape(1, 4, 129), v: shape(1, 4, 129) },
    /size must be at most 128, received 129/,
  ],
  ['flash_attention', { q: shape(4, 8), k: shape(4, 8), v: shape(4, 8) }, /q must have 3 dimensions/],
  [
    'flash_attention_causal',
    { q: shape(1, 4, 8), k: shape(1, 5, 8), v: shape(1, 5, 8) },
    /received 4 queries and 5 keys/,
  ],
  [
    'mlp_gelu',
    { x: shape(4, 8), up: shape(9, 3), down: shape(3, 5) },
    /up must be \[8, inner\], received \[9, 3\]/,
  ],
  [
    'mlp_gelu',
    { x: shape(4, 8), up: shape(8, 3), down: shape(4, 5) },
    /down must be \[3, out\], received \[4, 5\]/,
  ],
  [
    'mlp_gated',
    { x: shape(4, 8), up: shape(8, 3), gate: shape(8, 4), down: shape(3, 5) },
    /gate must be \[8, 3\], received \[8, 4\]/,
  ],
])('%s refuses shapes that do not fit', (name, inputs, message) => {
  const entry = libraryEntry(name);
  expect(() => trace(entry.kernel(sizesOf(entry)), { chip: 'trn2', inputs })).toThrow(message);
});
