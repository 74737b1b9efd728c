/**
 * Programs of exponential, activate2 and the random instructions that are right, and what must come out of them by the generators
 * of test/isa/random-oracle.ts: faults are seeded into them.
 */
import { ACTIVATIONS } from '../../src/isa/functions';
import { encodeArray } from '../../src/numerics';
import { parseProgram } from '../../src/program';
import { COUNT, drawsOf, seeded, type Engine } from '../isa/random-oracle';
import { rows } from '../isa/vector-arbitrary';
import { numbersFrom, type Subject } from './subject';

const [ROWS, COLUMNS] = [8, 24];
const float32 = (values: readonly number[]) => encodeArray('float32', Float32Array.from(values));
const words = (values: readonly (number | bigint)[]) => Uint32Array.from(values, Number);

/** exp of rows less their largest, dropped by halves; then prelu(2 x - the row's sum), and the largest magnitude of it. */
function dropped(): Subject {
  const program = parseProgram(
    [
      'program trn3',
      'hbm x float32 [8, 24] input',
      'hbm seed uint32 [1, 1] input',
      'hbm y float32 [8, 24] output',
      'hbm z float32 [8, 1] output',
      'sbuf k uint32 partitions 0:1 elements 1 address 0',
      'sbuf t float32 partitions 0:8 elements 24 address 64',
      'sbuf e float32 partitions 0:8 elements 24 address 192',
      'sbuf d float32 partitions 0:8 elements 24 address 320',
      'sbuf u float32 partitions 0:8 elements 24 address 448',
      'sbuf m float32 partitions 0:8 elements 1 address 576',
      'sbuf s float32 partitions 0:8 elements 1 address 580',
      'sbuf r float32 partitions 0:8 elements 1 address 584',
      'load dma dma_copy t p0:8 [1,24] = src x [24,8][1,24]',
      'load-seed dma dma_copy k p0:1 [1,1] = src seed [1,1][1,1]',
      'set vector set_rng_seed = src_seeds k p0:1 [1,1]',
      'most vector tensor_reduce m p0:8 [1,1] = data t p0:8 [1,24], op maximum, axes 1',
      'exp vector exponential e p0:8 [1,24], reduce_res s p0:8 [1,1] = src t p0:8 [1,24], max_value m p0:8 [1,1], reduce_cmd reset_reduce',
      'drop vector dropout d p0:8 [1,24] = data e p0:8 [1,24], prob 0.5',
      'bend scalar activate2 u p0:8 [1,24], reduce_res r p0:8 [1,1] = data d p0:8 [1,24], imm1 s p0:8 [1,1], op prelu, op0 multiply, imm0 2, op1 subtract, relu_param 0.25, reduce_op abs_max, reduce_cmd reset_reduce',
      'store dma dma_copy y [24,8][1,24] = src u p0:8 [1,24]',
      'store-most dma dma_copy z [1,8][1,1] = src r p0:8 [1,1]',
    ].join('\n'),
  );
  const seed = 5;
  // No two elements of a row are equal; which of a row's are the largest, and last, differs from row to row.
  const x = Array.from({ length: ROWS * COLUMNS }, (_, at) => ((at * 7 + Math.floor(at / COLUMNS)) % COLUMNS) / 16); // prettier-ignore
  const lanes = seeded('vector', seed);
  const results = rows(x, ROWS).map((row, p) => {
    const largest = Math.max(...row);
    const exps = row.map((value) => ACTIVATIONS.exp.apply(value - largest));
    const sum = exps.reduce((total, value) => Math.fround(total + value), 0);
    const draws = drawsOf('vector', lanes[p] ?? [], COLUMNS);
    return exps
      .map((value, i) => Math.fround(2 * ((draws[i] ?? 0n) < 1n << 31n ? 0 : value) - sum))
      .map((value) => (value < 0 ? Math.fround(value * 0.25) : value));
  });
  const z = results.map((row) => row.reduce((most, value) => (Math.abs(most) > Math.abs(value) ? most : value))); // prettier-ignore
  return {
    name: 'dropped exponentials',
    program,
    inputs: { x: float32(x), seed: words([seed]) },
    expected: { y: float32(results.flat()), z: float32(z) },
  };
}

/** Draws of both engines from given states, and the states behind them. */
function stated(): Subject {
  const program = parseProgram(
    [
      'program trn3',
      'hbm g uint32 [8, 6] input',
      'hbm v uint32 [8, 24] input',
      'hbm bits uint32 [8, 24] output',
      'hbm uniform float32 [8, 24] output',
      'hbm after uint32 [8, 6] output',
      'sbuf a uint32 partitions 0:8 elements 6 address 0',
      'sbuf b uint32 partitions 0:8 elements 24 address 64',
      'sbuf c uint32 partitions 0:8 elements 24 address 192',
      'sbuf d float32 partitions 0:8 elements 24 address 320',
      'sbuf e uint32 partitions 0:8 elements 6 address 448',
      'load-g dma dma_copy a p0:8 [1,6] = src g [6,8][1,6]',
      'load-v dma dma_copy b p0:8 [1,24] = src v [24,8][1,24]',
      'set-g gpsimd rand_set_state = src_seeds a p0:8 [1,6]',
      'set-v vector rand_set_state = src_seeds b p0:8 [1,24]',
      'draw gpsimd rng c p0:8 [1,24] =',
      'uniform vector rand2 d p0:8 [1,24] = min -1, max 1',
      'get gpsimd rand_get_state e p0:8 [1,6] =',
      'store dma dma_copy bits [24,8][1,24] = src c p0:8 [1,24]',
      'store-u dma dma_copy uniform [24,8][1,24] = src d p0:8 [1,24]',
      'store-e dma dma_copy after [6,8][1,6] = src e p0:8 [1,6]',
    ].join('\n'),
  );
  const next = numbersFrom(11);
  const states = (engine: Engine) => Array.from({ length: ROWS * 6 * COUNT[engine] }, next);
  const [g, v] = [states('gpsimd'), states('vector')];
  const drawn = (engine: Engine, given: readonly number[]) => {
    const lanes = rows(given.map(BigInt), ROWS);
    const draws = lanes.flatMap((lane) => drawsOf(engine, lane, COLUMNS));
    return { draws, after: lanes.flat() };
  };
  const { draws, after } = drawn('gpsimd', g);
  const uniform = drawn('vector', v).draws.map((draw) => Number(draw >> 8n) / 2 ** 23 - 1);
  return {
    name: 'random states',
    program,
    inputs: { g: words(g), v: words(v) },
    expected: { bits: words(draws), uniform: float32(uniform), after: words(after) },
  };
}

export const randomSubjects = (): readonly Subject[] => [dropped(), stated()];
