/** A Program of GpSimd's gathers and searches, for seeded faults: inputs without equal neighbours, and its results from plain lists. */
import { encodeArray } from '../../src/numerics';
import { parseProgram } from '../../src/program';
import type { Subject } from './subject';

const program = parseProgram(
  [
    'program trn2',
    'hbm x bfloat16 [32, 6] input',
    'hbm mask int32 [4, 24] input',
    'hbm v float32 [2, 27] input',
    'hbm ids float32 [1, 24] input',
    'hbm list uint16 [32, 1] input',
    'hbm table float32 [32, 24] input',
    'hbm best bfloat16 [32, 2] output',
    'hbm places uint32 [32, 2] output',
    'hbm found int32 [4, 25] output',
    'hbm picked float32 [2, 24] output',
    'hbm bounds int32 [1, 48] output',
    'hbm rows float32 [32, 32] output',
    'sbuf x_tile bfloat16 partitions 0:32 elements 6 address 0',
    'sbuf best_tile bfloat16 partitions 0:32 elements 32 address 64',
    'sbuf place_tile uint32 partitions 0:32 elements 32 address 128',
    'sbuf mask_tile int32 partitions 0:64 elements 24 address 256',
    'sbuf found_tile int32 partitions 0:64 elements 25 address 384',
    'sbuf v_tile float32 partitions 0:64 elements 27 address 512',
    'sbuf picked_tile float32 partitions 0:64 elements 24 address 640',
    'sbuf id_tile float32 partitions 0:1 elements 24 address 768',
    'sbuf bounds_tile int32 partitions 0:1 elements 48 address 896',
    'sbuf list_tile uint16 partitions 0:32 elements 1 address 1152',
    'sbuf table_tile float32 partitions 0:32 elements 24 address 1216',
    'sbuf rows_tile float32 partitions 0:32 elements 32 address 1344',
    'load_x dma dma_copy x_tile p0:32 [1,6] = src x [6,32][1,6]',
    'top gpsimd topk best_tile p0:32 [1,32], idx_dst place_tile p0:32 [1,32] = src x_tile p0:32 [1,6], n 90',
    'store_best dma dma_copy best [2,32][1,2] = src best_tile p0:32 [1,2]',
    'store_places dma dma_copy places [2,32][1,2] = src place_tile p0:32 [1,2]',
    ...[0, 1, 2, 3].map(
      (core) =>
        `load_mask${core} dma dma_copy mask_tile p${16 * core}:1 [1,24] = src mask +${24 * core} [1,24]`,
    ),
    'count gpsimd nonzero_with_count found_tile p0:64 [1,25] = src mask_tile p0:64 [1,24], index_offset 3, padding_val 0',
    ...[0, 1, 2, 3].map(
      (core) =>
        `store_found${core} dma dma_copy found +${25 * core} [1,25] = src found_tile p${16 * core}:1 [1,25]`,
    ),
    ...[0, 1].flatMap((row) => [
      `load_v${row} dma dma_copy v_tile p${32 * row}:1 [1,27] = src v +${27 * row} [1,27]`,
      `pick${row} gpsimd nc_n_gather picked_tile p${32 * row}:1 [1,24] = data v_tile p${32 * row}:1 [1,27], indices found_tile p${32 * row}:1 [1,24] as uint32`,
      `store_picked${row} dma dma_copy picked +${24 * row} [1,24] = src picked_tile p${32 * row}:1 [1,24]`,
    ]),
    'load_ids dma dma_copy id_tile p0:1 [1,24] = src ids [1,24]',
    'segments gpsimd sequence_bounds bounds_tile p0:1 [1,48] = segment_ids id_tile p0:1 [1,24]',
    'store_bounds dma dma_copy bounds [1,48] = src bounds_tile p0:1 [1,48]',
    'load_list dma dma_copy list_tile p0:32 [1,1] = src list [1,32][1,1]',
    'load_table dma dma_copy table_tile p0:32 [1,24] = src table [24,32][1,24]',
    'take gpsimd local_gather rows_tile p0:32 [1,32] = src_buffer table_tile p0:32 [1,24], index list_tile p0:32 [1,1], num_elem_per_idx 2',
    'store_rows dma dma_copy rows [32,32][1,32] = src rows_tile p0:32 [1,32]',
  ].join('\n'),
);

const range = (length: number) => Array.from({ length }, (_, at) => at);

/** Rows of a list. */
const cut = (list: readonly number[], width: number) =>
  range(list.length / width).map((row) => list.slice(row * width, (row + 1) * width));

/** 67 and 192 have no common factor, so that the values of a core differ; the last element of a snake is the largest. */
const x = range(192).map((at) => (at % 96 === 9 * 6 + 5 ? 255 : (at * 67) % 192));
const mask = range(96).map((at) => ((at * at + (at >> 3)) % 3 === 0 ? 0 : at));
const v = range(54).map((at) => at + 1);
/** The bits of float32 ids are equal where they are, but for -0, which is padding too. */
const ids = [0, 1, 1, 2, 2, 2, -0, 3, 3, 1, 4, 4, 4, 4, 5, 0, 0, 6, 7, 7, 7, 8, 8, 8];
const list = range(32).map((at) => (at * 7) % 23);
const table = range(768).map((at) => at + 1);

/** Values and positions of each core, ranks along the partitions first. */
function largest(): readonly (readonly [value: number, position: number])[] {
  return cut(x, 96).flatMap((core) => {
    const snake = range(90).map((i) => [core[(i % 16) * 6 + Math.floor(i / 16)] ?? NaN, i] as const);
    const top = snake.sort(([a], [b]) => a - b).slice(-32);
    return range(32).map((at) => top[Math.floor(at / 2) + 16 * (at % 2)] ?? ([NaN, NaN] as const));
  });
}

function found(row: readonly number[]): readonly number[] {
  const places = range(24).filter((at) => row[at] !== 0);
  return [...places.map((at) => at + 3), ...range(24 - places.length).map(() => 0), places.length];
}

/** From the first to the last of the equal ids around an element. */
function segment(at: number): readonly [start: number, end: number] {
  if (ids[at] === 0) return [24, -1];
  let [start, end] = [at, at + 1];
  while (start > 0 && ids[start - 1] === ids[at]) start--;
  while (end < 24 && ids[end] === ids[at]) end++;
  return [start, end];
}

const words = (values: readonly number[]) => Uint32Array.from(values);
const floats = (values: readonly number[]) => encodeArray('float32', Float32Array.from(values));
const halves = (values: readonly number[]) => encodeArray('bfloat16', Float32Array.from(values));

export function gathersAndSearches(): Subject {
  const top = largest();
  const counted = cut(mask, 24).map(found);
  const segments = range(24).map(segment);
  const picked = cut(v, 27).flatMap((row, at) =>
    (counted[2 * at] ?? []).slice(0, 24).map((place) => row[place] ?? NaN),
  );
  const rows = cut(table, 24).flatMap((row, p) =>
    range(32).map((at) => row[(list[16 * Math.floor(p / 16) + Math.floor(at / 2)] ?? NaN) + (at % 2)] ?? NaN),
  );
  return {
    name: 'gathers and searches',
    program,
    inputs: {
      x: halves(x),
      mask: words(mask),
      v: floats(v),
      ids: floats(ids),
      list: Uint16Array.from(list),
      table: floats(table),
    },
    expected: {
      best: halves(top.map(([value]) => value)),
      places: words(top.map(([, position]) => position)),
      found: words(counted.flat()),
      picked: floats(picked),
      bounds: words([...segments.map(([start]) => start), ...segments.map(([, end]) => end)]),
      rows: floats(rows),
    },
  };
}
