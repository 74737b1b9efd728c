/**
 * Dependencies that are taken away: each kind of them holds something apart in time, and what it held apart then overlaps. So the
 * checks of a timeline that are used here, and in other tests, see every kind that is missing.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TIMINGS } from '../../src/chip';
import { parseProgram } from '../../src/program';
import { dependenciesOf } from '../../src/time/dependencies';
import { hbmRateOf } from '../../src/time/dma-engines';
import { simulate, type Simulated } from '../../src/time/simulate';
import { streamOf } from '../../src/time/stream';
import { tasksOf } from '../../src/time/tasks';
import { trackOf } from '../../src/time/tracks';
import { movedOf } from '../../src/time/transfers';
import { DEPENDENCY_KINDS, type Stream } from '../../src/time/types';
import { anyRecipe, drawCase } from '../fuzz/program';
import { edgesOf, share, touchedBy, type Edge } from './touched';

/** A stream with these dependencies and no others. */
function simulatedWith(stream: Stream, edges: readonly Edge[]): Simulated {
  const { chip } = stream.program;
  const timing = TIMINGS[chip];
  const offsets = [0];
  const sorted = stream.instructions.flatMap((_, at) => {
    const own = edges.filter(({ after }) => after === at);
    offsets.push((offsets.at(-1) ?? 0) + own.length);
    return own;
  });
  return simulate({
    instructions: stream.instructions,
    tasks: tasksOf(stream, chip, timing),
    dependencies: {
      offsets: Int32Array.from(offsets),
      indices: Int32Array.from(sorted, ({ before }) => before),
      kinds: Uint8Array.from(sorted, ({ kind }) => kind),
    },
    timing,
    hbmRate: hbmRateOf({ timing, cores: 1 }),
    moved: (instruction) => movedOf(instruction, chip),
  });
}

/** Whether an instruction starts, which is what waits, before another has ended; times are sums of doubles. */
const early = ({ start, end }: Simulated, at: number, before: number): boolean =>
  (start[at] ?? NaN) < (end[before] ?? NaN) - 1e-6;

/** Pairs that share bytes of which one is written, and overlap; of one engine only what is read too soon. */
function overlaps(stream: Stream, simulated: Simulated): readonly string[] {
  const touched = touchedBy(stream);
  const tracks = stream.instructions.map(trackOf);
  return touched.flatMap((now, at) =>
    touched.slice(0, at).flatMap((then, before) => {
      if (!early(simulated, at, before)) return [];
      const own = tracks[at] === tracks[before];
      const inOrder = own && tracks[at] !== 'loads' && tracks[at] !== 'stores';
      const needs = share(now.reads, then.writes) && !(own && tracks[at] === 'tensor');
      const displaces = !inOrder && (share(now.writes, then.reads) || share(now.writes, then.writes));
      return needs || displaces ? [`${at} and ${before}`] : [];
    }),
  );
}

const HOMES = `hbm x float32 [64, 512] input
hbm y float32 [64, 512] output
hbm s float32 [64, 512] scratch
sbuf a float32 partitions 0:64 elements 512 address 0
sbuf b float32 partitions 0:64 elements 512 address 2048
sbuf n int32 partitions 0:1 elements 1 address 8192
psum p float32 partitions 0:64 elements 512 bank 0
`;

const [LOAD, STORE] = ['[1,512] = src x [512,64][1,512]', 'y [512,64][1,512] = src'];
const A = 'a p0:64 [1,512]';
const B = 'b p0:64 [1,512]';
const P = 'p p0:64 [1,512]';
const matmul = `tensor nc_matmul ${P} = stationary a p0:64 [1,64], moving ${B}`;
const HOW = (accumulate: boolean) => `accumulate ${String(accumulate)}, performance none`;

describe('without it, what it held apart overlaps', () => {
  test.each([
    ['data', 'of another engine', `i vector memset ${A} = code 0\nj scalar tensor_copy ${B} = src ${A}`],
    ['data', 'of its own engine', `i vector memset ${A} = code 0\nj vector tensor_copy ${B} = src ${A}`],
    ['data', 'that is loaded', `i dma dma_copy a p0:64 ${LOAD}\nj vector tensor_copy ${B} = src ${A}`],
    ['data', 'that is stored', `i vector memset ${A} = code 0\nj dma dma_copy ${STORE} ${A}`],
    [
      'data',
      'that is loaded again',
      `i dma dma_copy s [512,64][1,512] = src ${A}\nj dma dma_copy ${B} = src s [512,64][1,512]`,
    ],
    ['data', 'that is multiplied', `i vector memset ${B} = code 0\nj ${matmul}, ${HOW(false)}`],
    ['data', 'that sums are added to', `i vector memset ${P} = code 0\nj ${matmul}, ${HOW(true)}`],
    ['data', 'that is a sum', `i ${matmul}, ${HOW(false)}\nj vector tensor_copy ${A} = src ${P}`],
    [
      'data',
      'in a register',
      `i sync register_load = src n p0:1 [1,1], register r\nj dma dma_copy y +$r*1 [1,8] = src a p0:1 [1,8]`,
    ],
    ['place', 'that is read', `i scalar tensor_copy ${B} = src ${A}\nj gpsimd memset ${A} = code 0`],
    ['place', 'that is written', `i gpsimd memset ${A} = code 0\nj scalar tensor_copy ${A} = src ${B}`],
    ['place', 'that is stored', `i dma dma_copy ${STORE} ${A}\nj vector memset ${A} = code 0`],
    ['place', 'that is computed on', `i scalar tensor_copy ${B} = src ${A}\nj dma dma_copy a p0:64 ${LOAD}`],
    [
      'place',
      'that two of a queue write',
      `i dma dma_copy a p0:64 ${LOAD}\nj dma dma_copy a p0:8 [1,8] = src x [512,8][1,8]`,
    ],
    ['edge', 'to another engine', `i vector memset ${A} = code 0\nj gpsimd memset ${B} = code 0; after i`],
    ['edge', 'to its own engine', `i vector memset ${A} = code 0\nj vector memset ${B} = code 0; after i`],
    ['edge', 'to a DMA', `i dma dma_copy a p0:64 ${LOAD}\nj vector memset ${B} = code 0; after i`],
  ] as const)('%s %s', (kind, _, text) => {
    const stream = streamOf(parseProgram(`program trn2\n${HOMES}${text}`));
    const edges = edgesOf(dependenciesOf(stream));
    expect(edges).toEqual([{ before: 0, after: 1, kind: DEPENDENCY_KINDS.indexOf(kind) }]);
    expect(early(simulatedWith(stream, edges), 1, 0)).toBe(false);
    expect(early(simulatedWith(stream, []), 1, 0)).toBe(true);
  });
});

test('random Programs overlap nowhere, and do without either kind that bytes ask for', () => {
  const seen = { data: 0, place: 0 };
  fc.assert(
    fc.property(anyRecipe('trn2').map(drawCase), ({ program }) => {
      const stream = streamOf(program);
      fc.pre(stream.instructions.length <= 40);
      const edges = edgesOf(dependenciesOf(stream));
      expect(overlaps(stream, simulatedWith(stream, edges))).toEqual([]);
      for (const kind of ['data', 'place'] as const) {
        const others = edges.filter((edge) => edge.kind !== DEPENDENCY_KINDS.indexOf(kind));
        if (overlaps(stream, simulatedWith(stream, others)).length > 0) seen[kind]++;
      }
    }),
    { numRuns: 30, seed: 1, interruptAfterTimeLimit: 30_000 },
  );
  expect(seen.data).toBeGreaterThan(0);
  expect(seen.place).toBeGreaterThan(0);
}, 60_000);
