/** The simulation on small Programs whose times follow from the constants by hand. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TIMINGS, transferOverhead, type ChipName, type Timing } from '../../src/chip';
import { parseProgram } from '../../src/program';
import { moves, programOf } from './pressed';
import { verifyProgram } from '../../src/verify';
import { CAUSES, timeProgram, TRACKS, type TimeOptions, type Timeline } from '../../src/time';

/** A Program for a chip, its inputs loaded by the caller's text. */
const time = (chip: ChipName, text: string, options?: TimeOptions): Timeline =>
  timeProgram(parseProgram(`program ${chip}\n${text}`), options);

/** What the timeline says of the instruction of an id. */
function of(timeline: Timeline, id: string) {
  const at = timeline.instructions.findIndex((instruction) => instruction.id === id);
  expect(at).toBeGreaterThanOrEqual(0);
  return {
    start: timeline.start[at] ?? NaN,
    free: timeline.free[at] ?? NaN,
    end: timeline.end[at] ?? NaN,
    loading: timeline.loading[at] ?? NaN,
    moving: timeline.moving[at] ?? NaN,
    cause: CAUSES[timeline.cause[at] ?? 0],
    blocker: timeline.instructions[timeline.blocker[at] ?? -1]?.id,
  };
}

const busy = (timeline: Timeline, track: (typeof TRACKS)[number]) =>
  timeline.busy[TRACKS.indexOf(track)] ?? NaN;

const TILES = `sbuf a bfloat16 partitions 0:128 elements 512 address 0
sbuf b bfloat16 partitions 0:128 elements 512 address 1024
sbuf f float32 partitions 0:128 elements 512 address 2048
sbuf g float32 partitions 0:128 elements 512 address 4096
psum p float32 partitions 0:128 elements 512 bank 0
psum q float32 partitions 0:128 elements 512 bank 1
`;
const FILLED = `${TILES}ma gpsimd memset a p0:128 [1,512] = code 0
mb gpsimd memset b p0:128 [1,512] = code 0
mf gpsimd memset f p0:128 [1,512] = code 0
mg gpsimd memset g p0:128 [1,512] = code 0
`;

/** Reads the sums of both banks, so that none is lost. */
const READ = `r vector tensor_copy f p0:128 [1,1] = src p p0:128 [1,1]`;
const READ_BOTH = `${READ}\nrq vector tensor_copy f p0:128 [1,1] = src q p0:128 [1,1]`;

const matmul = (id: string, n: number, accumulate: boolean, dst = 'p') =>
  `${id} tensor nc_matmul ${dst} p0:128 [1,${n}] = stationary a p0:128 [1,128], moving b p0:128 [1,${n}], accumulate ${String(accumulate)}, performance none`;

describe('the Tensor engine', () => {
  test('multiplies column by column, the next weights loading meanwhile', () => {
    const timeline = time(
      'trn2',
      `${FILLED}${matmul('m0', 512, false)}\n${matmul('m1', 512, true)}\n${matmul('m2', 512, true)}\n${READ}`,
    );
    const [m0, m1, m2] = [of(timeline, 'm0'), of(timeline, 'm1'), of(timeline, 'm2')];
    const [pass, load] = [512 / 2.4, 128 / 4 / 2.4];
    expect(m0.start - m0.loading).toBeCloseTo(load, 9);
    expect(m1.start - m0.start).toBeCloseTo(pass, 9);
    expect(m1.loading).toBe(m0.start);
    expect(m2.loading).toBe(m1.start);
    expect(m2.free - m2.start).toBeCloseTo(pass, 9);
    expect(m2.end - m2.free).toBeCloseTo(TIMINGS.trn2.arrayDepth / 2.4, 9);
    expect([m1.cause, m1.blocker]).toEqual(['track', 'm0']);
    expect(busy(timeline, 'tensor')).toBeCloseTo(3 * pass + load, 9);
  });

  test('a short moving operand takes the least interval of multiplications', () => {
    const timeline = time('trn1', `${FILLED}${matmul('m0', 1, false)}\n${matmul('m1', 1, true)}\n${READ}`);
    expect(of(timeline, 'm1').start - of(timeline, 'm0').start).toBeCloseTo(64 / 2.8, 9);
  });

  test('what reads its sums waits until they have left the array, and for a semaphore', () => {
    const timeline = time(
      'trn2',
      `${FILLED}${matmul('m0', 512, false)}\nc vector tensor_copy f p0:128 [1,512] = src p p0:128 [1,512]`,
    );
    const [m0, c] = [of(timeline, 'm0'), of(timeline, 'c')];
    expect(c.start - m0.free).toBeCloseTo(TIMINGS.trn2.arrayDepth / 2.4 + TIMINGS.trn2.semaphore, 9);
    expect([c.cause, c.blocker]).toEqual(['data', 'm0']);
  });
});

describe('Vector, Scalar and GpSimd', () => {
  const add = (id: string, dst: string, src: string) =>
    `${id} vector tensor_scalar ${dst} p0:128 [1,512] = data ${src} p0:128 [1,512], op0 add, operand0 1`;

  test('independent instructions follow each other; one that needs the one before waits for its result', () => {
    const apart = time('trn1', `${FILLED}${add('x', 'f', 'f')}\n${add('y', 'g', 'g')}`);
    expect(of(apart, 'y').start - of(apart, 'x').start).toBeCloseTo(512 / 1.12, 9);
    const chained = time('trn1', `${FILLED}${add('x', 'f', 'f')}\n${add('y', 'g', 'f')}`);
    expect(of(chained, 'y').start - of(chained, 'x').start).toBeCloseTo((512 + 100) / 1.12, 9);
    expect(of(chained, 'y').cause).toBe('data');
  });

  const activation = (id: string, op: string, columns = 512) =>
    `${id} scalar activation f p0:128 [1,${columns}] = data f p0:128 [1,${columns}], op ${op}`;

  test('the published interval of dependent one-element activations on trn1: 264 cycles', () => {
    const timeline = time('trn1', `${FILLED}${activation('x', 'copy', 1)}\n${activation('y', 'copy', 1)}`);
    expect(of(timeline, 'y').start - of(timeline, 'x').start).toBeCloseTo(264 / 1.4, 9);
  });

  test('tables load when the function changes, once the operands are there', () => {
    const same = time('trn2', `${FILLED}${activation('x', 'exp')}\n${activation('y', 'exp')}`);
    const other = time('trn2', `${FILLED}${activation('x', 'exp')}\n${activation('y', 'tanh')}`);
    const none = time('trn2', `${FILLED}${activation('x', 'exp')}\n${activation('y', 'copy')}`);
    const interval = (timeline: Timeline) => of(timeline, 'y').start - of(timeline, 'x').start;
    expect(interval(none)).toBeCloseTo(interval(same), 9);
    expect(interval(other)).toBeCloseTo(interval(same) + 1280, 9);
  });

  test('steps of 16 bytes and more take twice as long', () => {
    const strided = (stride: number) =>
      time('trn1', `${FILLED}s vector tensor_copy g p0:128 [${stride},100] = src f p0:128 [${stride},100]`);
    const length = (timeline: Timeline) => of(timeline, 's').free - of(timeline, 's').start;
    expect(length(strided(3))).toBeCloseTo(100 / 1.12, 9);
    expect(length(strided(4))).toBeCloseTo(200 / 1.12, 9);
  });
});

describe('ports', () => {
  const both = (first: string, second: string) => (chip: ChipName) => {
    const timeline = time(
      chip,
      `${FILLED}${matmul('m', 512, false)}\n${matmul('n', 512, false, 'q')}\n${first}\n${second}\n${READ_BOTH}`,
    );
    return of(timeline, 'y');
  };

  test('Vector and Scalar take turns at PSUM on trn1, and at one bank of it on trn2', () => {
    const reading = (id: string, engine: string, opcode: string, dst: string, src: string) =>
      `${id} ${engine} ${opcode} ${dst} p0:128 [1,512] = ${opcode === 'activation' ? 'data' : 'src'} ${src} p0:128 [1,512]${opcode === 'activation' ? ', op copy' : ''}`;
    const vector = reading('x', 'vector', 'tensor_copy', 'f', 'q');
    const otherBank = both(vector, reading('y', 'scalar', 'activation', 'g', 'p'));
    const sameBank = both(vector, reading('y', 'scalar', 'activation', 'g', 'q'));
    expect(sameBank('trn1').cause).toBe('port');
    expect(sameBank('trn2')).toMatchObject({ cause: 'port', blocker: 'x' });
    expect(otherBank('trn2').cause).not.toBe('port');
  });

  test('Vector and GpSimd take turns at SBUF on trn1; from trn2 on only while Vector moves several elements a cycle', () => {
    const vector = (dtype: 'a' | 'f') =>
      `x vector tensor_copy ${dtype === 'a' ? 'b' : 'g'} p0:128 [1,512] = src ${dtype} p0:128 [1,512]`;
    const gpsimd = 'i0 gpsimd iota h p0:128 [1,256] = pattern [[1,256]], offset 0, channel_multiplier 0';
    const timed = (chip: ChipName, dtype: 'a' | 'f') => {
      const tiles = `sbuf h float32 partitions 0:128 elements 256 address 8192\n${FILLED}`;
      return of(time(chip, `${tiles}${vector(dtype)}\n${gpsimd}\n${gpsimd.replace('i0', 'i1')}`), 'x');
    };
    expect(timed('trn1', 'f').cause).toBe('port');
    expect(timed('trn2', 'f').cause).not.toBe('port');
    expect(timed('trn2', 'a').cause).toBe('port');
  });
});

describe('DMA', () => {
  const HBM = `hbm x float32 [128, 512] input
hbm y float32 [128, 512] scratch
`;
  const load = (id: string, dst: string) => `${id} sync dma_copy ${dst} p0:128 [1,512] = src x [1,65536]`;
  const store = (id: string, src: string) => `${id} sync dma_copy y [1,65536] = src ${src} p0:128 [1,512]`;
  const timing: Timing = TIMINGS.trn2;
  const engine = transferOverhead(timing) + (8 * 2048) / timing.dmaPeak;
  const data = (8 * 2048) / timing.dmaSustained;

  test('a load moves some time after its trigger, on 16 engines one after the other', () => {
    const { start, moving, end, cause } = of(time('trn2', `${TILES}${HBM}${load('l', 'f')}`), 'l');
    expect([start, cause]).toEqual([0, 'start']);
    expect(moving).toBeCloseTo(timing.dmaStart, 9);
    expect(end - moving).toBeCloseTo(15 * timing.dmaStagger + data, 9);
  });

  test('loads of a queue follow each other at the rate of the engines; what uses them waits for a semaphore', () => {
    const timeline = time(
      'trn2',
      `${TILES}${HBM}${load('k', 'f')}\n${load('l', 'g')}\nc vector tensor_copy g p0:128 [1,512] = src f p0:128 [1,512]`,
    );
    const [k, l, c] = [of(timeline, 'k'), of(timeline, 'l'), of(timeline, 'c')];
    expect(l.moving - k.moving).toBeCloseTo(engine, 9);
    expect([l.cause, l.blocker]).toEqual(['dma', 'k']);
    // It writes where l wrote.
    expect(c.start - l.end).toBeCloseTo(timing.semaphore, 9);
    expect(timeline.dmaBusy[15]).toBeCloseTo(2 * engine, 9);
  });

  test('queues take turns: a store does not wait for all the loads before it', () => {
    const loads = Array.from({ length: 9 }, (_, index) => load(`l${index}`, 'g')).join('\n');
    const timeline = time(
      'trn2',
      `${TILES}${HBM}m vector memset f p0:128 [1,512] = code 0\n${loads}\n${store('s', 'f')}`,
    );
    const after = Array.from({ length: 9 }, (_, index) => of(timeline, `l${index}`)).filter(
      ({ moving }) => moving > of(timeline, 's').moving,
    );
    expect(after.length).toBeGreaterThanOrEqual(6);
  });

  test('the cores of an HBM stack share it', () => {
    const loads = Array.from({ length: 40 }, (_, index) =>
      load(`l${index}`, index % 2 === 0 ? 'f' : 'g'),
    ).join('\n');
    const timing = { semaphore: 0, dmaStart: 0, hbmStackRate: 300 };
    const total = (cores: number) => time('trn2', `${TILES}${HBM}${loads}`, { cores, timing }).total;
    expect(total(4)).toBe(total(1));
    expect(total(8)).toBeGreaterThan((0.999 * (40 * 4 * 65536)) / 150);
    expect(total(8)).toBeGreaterThan(total(1));
    expect(total(8)).toBeLessThan(1.1 * ((40 * 4 * 65536) / 150));
  });

  test('descriptors that hardware builds keep the queue', () => {
    const l = `${load('l', 'g')}, dge_mode hwdge`;
    const timeline = time(
      'trn2',
      `${TILES}${HBM}${l.replace('l sync', 'k sync').replace('g p0', 'f p0')}\n${l}`,
    );
    expect(of(timeline, 'l').start - of(timeline, 'k').start).toBe(600);
  });
});

describe('any Program', () => {
  test('takes no longer with its loads moved earlier', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const program = programOf('trn1', list);
        if (program === undefined || !verifyProgram(program).sound) return;
        expect(timeProgram(program, { schedule: true }).total).toBeLessThanOrEqual(
          timeProgram(program).total,
        );
      }),
      { numRuns: 30 },
    );
  });

  test('has one timeline', () => {
    const text = `${FILLED}${matmul('m0', 512, false)}\nc vector tensor_copy f p0:128 [1,512] = src p p0:128 [1,512]`;
    expect(time('trn3', text)).toEqual(time('trn3', text));
  });

  test('that is not sound is refused with its findings', () => {
    expect(() =>
      time('trn2', `${TILES}c vector tensor_copy f p0:128 [1,512] = src g p0:128 [1,512]`),
    ).toThrow(/^A Program that fails verification is not timed\.\n[^]*SYS3/);
  });
});
