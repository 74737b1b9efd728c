/** Programs whose cores differ in what they do: by seeds, by indices, and by a register that says how often a loop turns. */
import { codeArray } from '../../../../src/numerics';
import { parseProgram } from '../../../../src/program';
import type { Inputs } from '../../../fuzz/agreement';

/** Draws of both engines, after a seed of the core's own. */
export const RANDOM = parseProgram(`program trn3
hbm seed uint32 [1] input
hbm y uint32 [256] output
hbm z float32 [256] output
sbuf s uint32 partitions 0:1 elements 1 address 0
sbuf a uint32 partitions 0:32 elements 8 address 64
sbuf b float32 partitions 0:32 elements 8 address 128
sbuf h bfloat16 partitions 0:32 elements 8 address 192
load sync dma_copy s p0:1 [1,1] = src seed [1,1]
set vector set_rng_seed = src_seeds s p0:1 [1,1]
draw vector rng a p0:32 [1,8] =
even vector rand2 b p0:32 [1,8] = min -1, max 1
half vector tensor_copy h p0:32 [1,8] = src b p0:32 [1,8], rounding stochastic, seed 5, element 0, pitch 8
drop vector dropout b p0:32 [1,8] = data b p0:32 [1,8], prob 0.5
more gpsimd rng a p0:16 [1,8] =
outY sync dma_copy y [1,256] = src a p0:32 [1,8]
outZ sync dma_copy z [1,256] = src b p0:32 [1,8]
`);

export const randomSeeds = (seed: number): Inputs => ({ seed: Uint32Array.of(seed) });

/** Rows that an index chooses, gathered and scattered; what lies outside is left as it was. */
export const INDEXED = parseProgram(`program trn3
hbm i uint32 [4] input
hbm table float32 [32] input
hbm y float32 [32] output
sbuf at uint32 partitions 0:4 elements 1 address 0
sbuf rows float32 partitions 0:4 elements 8 address 64
sbuf twice float32 partitions 0:4 elements 8 address 128
load sync dma_copy at p0:4 [1,1] = src i [1,4]
clear gpsimd memset rows p0:4 [1,8] = code 0
same sync dma_copy y [1,32] = src table [1,32]
gather gpsimd dma_copy rows p0:4 [1,8] = src table [0,4][1,8], src_index at p0:4 [1,1], src_stride 8, oob_mode skip
double vector tensor_tensor twice p0:4 [1,8] = data1 rows p0:4 [1,8], data2 rows p0:4 [1,8], op add
scatter gpsimd dma_copy y [0,4][1,8] = src twice p0:4 [1,8], dst_index at p0:4 [1,1], dst_stride 8, oob_mode skip
`);

export const indexedInputs = (indices: readonly number[], core: number): Inputs => ({
  i: Uint32Array.from(indices),
  table: codeArray('float32', 32).map((_, at) => 0x3f800000 + core * 0x10000 + at * 0x100),
});

/** y = x doubled as often as a register says. */
export const LOADED = parseProgram(`program trn2
hbm n uint32 [1] input
hbm x float32 [32] input
hbm y float32 [32] output
sbuf count uint32 partitions 0:1 elements 1 address 0
sbuf a float32 partitions 0:4 elements 8 address 64
loadN sync dma_copy count p0:1 [1,1] = src n [1,1]
loadX sync dma_copy a p0:4 [1,8] = src x [1,32]
turns vector register_load = src count p0:1 [1,1], register turns
again fori $i = 0 to $turns step 1 {
  double vector tensor_tensor a p0:4 [1,8] = data1 a p0:4 [1,8], data2 a p0:4 [1,8], op add
}
out sync dma_copy y [1,32] = src a p0:4 [1,8]
`);

export const loadedInputs = (turns: number, core: number): Inputs => ({
  n: Uint32Array.of(turns),
  x: codeArray('float32', 32).map((_, at) => 0x3f800000 + core * 0x10000 + at * 0x100),
});
