/** What the timing worker answers: what the page draws, tiles and their passes, instructions in words, memories at a time, traces. */
import { beforeAll, describe, expect, it } from 'vitest';
import { tileGrid } from '../../bench/page/time/grid';
import type { FromTimer, Subject, Timed, TimeRequest } from '../../bench/page/time/protocol';
import { openSubject } from '../../bench/page/time/subject';
import { newTimer } from '../../bench/page/time/timer';
import { LIBRARY } from '../../src/kernels/library';
import { printProgram, toJSON, type Program } from '../../src/program';
import { DMA_ENGINES } from '../../src/time/transfers';
import { streamOf, timeProgram, traceChunks, TRACKS } from '../../src/time';

const MATMUL = { kind: 'matmul', m: 256, n: 1024, k: 384, dtype: 'bfloat16' } as const satisfies Subject;

/** A timer and all that it said. */
function timer() {
  const said: FromTimer[] = [];
  const given: (readonly ArrayBuffer[])[] = [];
  const ask = newTimer((message, memory = []) => {
    said.push(message);
    given.push(memory);
  });
  return { ask, said, given };
}

const request = (subject: Subject, change: Partial<TimeRequest> = {}): TimeRequest => ({
  subject,
  chip: 'trn2',
  schedule: false,
  cores: 1,
  turns: {},
  ...change,
});

function timed(subject: Subject, change: Partial<TimeRequest> = {}): Timed {
  const { ask, said } = timer();
  ask({ type: 'time', request: request(subject, change) });
  const last = said.at(-1);
  if (last?.type !== 'timed') throw new Error(`not timed: ${JSON.stringify(last)}`);
  return last.timed;
}

const program: Program = openSubject(MATMUL, 'trn2').program;

const UNKNOWN_TURNS = `program trn2
sbuf t float32 partitions 0:1 elements 8 address 0
sbuf n int32 partitions 0:1 elements 1 address 64
a vector memset n p0:1 [1,1] = code 3
b sync register_load = src n p0:1 [1,1], register n
L fori $i = 0 to $n step 1 {
c vector memset t p0:1 [1,8] = code 0
}`;

describe('loops whose turns only a run knows', () => {
  const given: Subject = { kind: 'program', name: 'a file', text: UNKNOWN_TURNS };

  it('have one turn, which is said, or as many as are given', () => {
    const once = timed(given);
    expect(once.notes.join()).toMatch(/L/);
    const often = timed(given, { turns: { L: 50 } });
    expect(often.timeline.start.length).toBe(once.timeline.start.length + 49);
  });

  it('are told where there is none of that id', () => {
    const { ask, said } = timer();
    ask({ type: 'time', request: request(given, { turns: { M: 2 } }) });
    expect(said.at(-1)).toMatchObject({ type: 'refused', message: expect.stringMatching(/M/) as unknown });
  });
});

describe('a timing', () => {
  let shown: Timed;
  const timeline = timeProgram(program);
  beforeAll(() => {
    shown = timed(MATMUL);
  });

  it('tells how far it is, then what came of it', () => {
    const { ask, said } = timer();
    ask({ type: 'time', request: request(MATMUL) });
    expect(said.map(({ type }) => type)).toEqual(['progress', 'progress', 'progress', 'timed']);
  });

  it('is that of timeProgram, of engines until they are free, of DMAs until their end', () => {
    const { total, track, start, until, begun } = shown.timeline;
    expect(total).toBe(timeline.total);
    expect(track).toEqual(timeline.track);
    expect(start).toEqual(timeline.start);
    timeline.instructions.forEach(({ engine, opcode }, at) => {
      const dma = TRACKS.indexOf('loads') <= (timeline.track[at] ?? 0);
      expect(until[at], opcode).toBe((dma ? timeline.end : timeline.free)[at]);
      if (dma) expect(begun[at]).toBe(timeline.moving[at]);
      else if (engine === 'tensor') expect(begun[at]).toBe(timeline.loading[at]);
      else expect(begun[at]).toBeNaN();
    });
  });

  it('has each instruction once, in the row of its track, by its start', () => {
    const { rows, track, start } = shown.timeline;
    expect(rows).toHaveLength(TRACKS.length);
    expect(rows.flatMap((row) => [...row]).sort((a, b) => a - b)).toEqual([...track.keys()]);
    rows.forEach((row, own) => {
      for (const at of row) expect(track[at]).toBe(own);
      const starts = Array.from(row, (at) => start[at] ?? NaN);
      expect(starts).toEqual([...starts].sort((a, b) => a - b));
    });
  });

  it('never uses more than there is', () => {
    const { sbuf, psum, dma } = shown.timeline;
    for (const { times, values, most } of [sbuf, psum, dma]) {
      expect(values.length).toBe(times.length);
      expect(values.length).toBeGreaterThan(0);
      expect(Math.max(...values) / most).toBeLessThan(1 + 1e-9);
    }
    expect(dma.most).toBe(DMA_ENGINES * timeline.timing.dmaPeak);
  });

  it('gives its memory away and still answers', () => {
    const { ask, said, given } = timer();
    ask({ type: 'time', request: request(MATMUL) });
    const memory = given.at(-1) ?? [];
    expect(new Set(memory).size).toBe(memory.length);
    structuredClone(said.at(-1), { transfer: [...memory] });
    ask({ type: 'detail', at: 5 });
    const detail = said.at(-1);
    expect(detail?.type === 'detail' && detail.detail.sentence).toContain(program.instructions[5]?.id);
    ask({ type: 'memory', time: timeline.total / 2 });
    expect(said.at(-1)?.type).toBe('memory');
    ask({ type: 'trace' });
    const trace = said.at(-1);
    const bytes = trace?.type === 'trace' ? trace.parts.flatMap((part) => [...part]) : [];
    expect(bytes).toEqual([...traceChunks(timeline)].flatMap((chunk) => [...chunk]));
  });

  it('says the same as text and as JSON', () => {
    expect(JSON.parse(shown.json)).toMatchObject({ format: 'systole time', total: timeline.total });
    for (const { name, value } of shown.figures) expect(shown.text).toContain(`${name}: ${value}`);
    for (const { finding } of shown.advice) expect(shown.text).toContain(finding);
  });
});

describe('what may be timed', () => {
  it('is every kernel of the library, on the first of its chips', () => {
    for (const { name, chips, dtypes, sizes } of LIBRARY) {
      const given = Object.fromEntries(Object.entries(sizes).map(([size, each]) => [size, each.default]));
      const [dtype = 'float32'] = dtypes;
      const { figures, title } = timed(
        { kind: 'kernel', name, sizes: given, dtype },
        chips[0] && { chip: chips[0] },
      );
      expect(title).toContain(name);
      expect(figures[0]?.name).toBe('total');
    }
  });

  it('is a Program as text or as JSON, which agree', () => {
    const text = timed({ kind: 'program', name: 'p', text: printProgram(program) });
    const json = timed({ kind: 'program', name: 'p', text: JSON.stringify(toJSON(program)) });
    expect(text).toEqual(json);
    expect(text.timeline.total).toBe(timeProgram(program).total);
  });

  it.each<[Subject, Partial<TimeRequest>, RegExp]>([
    [{ kind: 'program', name: 'p', text: '{' }, {}, /no JSON/],
    [{ kind: 'program', name: 'p', text: 'nonsense' }, {}, /./],
    [{ kind: 'kernel', name: 'softmaks', sizes: {}, dtype: 'float32' }, {}, /did you mean "softmax"/],
    [{ kind: 'kernel', name: 'softmax', sizes: { rows: -1 }, dtype: 'float32' }, {}, /rows of softmax/],
    [{ kind: 'kernel', name: 'softmax', sizes: {}, dtype: 'int8' }, {}, /takes data of/],
    [{ kind: 'kernel', name: 'mxfp8_matmul', sizes: {}, dtype: 'float32' }, { chip: 'trn1' }, /is for/],
    [MATMUL, { cores: 99 }, /cores/],
  ])('is not %j', (subject, change, words) => {
    const { ask, said } = timer();
    ask({ type: 'time', request: request(subject, change) });
    const last = said.at(-1);
    expect(last?.type === 'refused' && last.message).toMatch(words);
  });

  it('is no Program that fails verification, whose findings are told', () => {
    const text = printProgram(program)
      .split('\n')
      .filter((line) => !line.includes('load-a'))
      .join('\n');
    const { ask, said } = timer();
    ask({ type: 'time', request: request({ kind: 'program', name: 'p', text }) });
    const last = said.at(-1);
    expect(last?.type === 'refused' && last.message).toMatch(/fails verification[^]*SYS\d+/);
  });
});

const gridOf = (of: Program) => tileGrid(of, streamOf(of).instructions);

describe('the grid of tiles', () => {
  it('has the tiles of the output, each with the passes of all of K', () => {
    const grid = gridOf(program);
    expect(grid).toMatchObject({ name: 'out', rows: 2, columns: 2 });
    const counts = [0, 0, 0, 0];
    for (const tile of grid?.tile ?? []) counts[tile] = (counts[tile] ?? 0) + 1;
    expect(counts).toEqual([3, 3, 3, 3]);
    for (const at of grid?.instruction ?? [])
      expect(streamOf(program).instructions[at]?.opcode).toBe('nc_matmul');
  });

  it.each(['matmul_tiled', 'matmul_hoisted', 'matmul_blocked_free', 'matmul_blocked_all'])(
    'follows the sums of %s to where they are stored, through SBUF and additions',
    (name) => {
      const sizes = { m: 256, n: 1024, k: 1024 };
      const { program: kernel } = openSubject({ kind: 'kernel', name, sizes, dtype: 'bfloat16' }, 'trn2');
      const grid = gridOf(kernel);
      expect(grid).toMatchObject({ name: 'result', rows: 2, columns: 2 });
      const counts = [0, 0, 0, 0];
      for (const tile of grid?.tile ?? []) counts[tile] = (counts[tile] ?? 0) + 1;
      expect(counts).toEqual([8, 8, 8, 8]);
    },
  );

  it('is of the banks of PSUM where no sum is stored, and none where nothing is multiplied', () => {
    const instructions = streamOf(program).instructions.filter(({ dst }) => dst?.space !== 'hbm');
    const grid = tileGrid(program, instructions);
    expect(grid).toMatchObject({ name: 'PSUM', rows: 1, columns: 8 });
    expect(new Set(grid?.tile).size).toBeGreaterThan(1);
    expect(
      tileGrid(
        program,
        instructions.filter(({ opcode }) => opcode !== 'nc_matmul'),
      ),
    ).toBeUndefined();
  });
});

describe('questions', () => {
  const { ask, said } = timer();
  ask({ type: 'time', request: request(MATMUL) });

  it('of each instruction say its operands, its times, and what it depends on', () => {
    program.instructions.forEach((each, at) => {
      ask({ type: 'detail', at });
      const last = said.at(-1);
      if (last?.type !== 'detail') throw new Error('no detail');
      const { title, lines, dependencies, sentence } = last.detail;
      expect(title).toContain('id' in each ? each.id : '');
      expect(lines.map(([name]) => name)).toEqual(
        expect.arrayContaining(['dst', 'start', 'result there', 'waited last']),
      );
      expect(sentence).not.toMatch(/undefined|NaN/);
      for (const before of dependencies) expect(before).toBeLessThan(at);
    });
  });

  it('of a time say what lies where, within the memories', () => {
    ask({ type: 'memory', time: 0 });
    const total = timeProgram(program).total;
    for (const share of [0.25, 0.5, 0.75]) {
      ask({ type: 'memory', time: share * total });
      const last = said.at(-1);
      if (last?.type !== 'memory') throw new Error('no memory');
      expect(last.sbuf.length).toBeGreaterThan(0);
      for (const { partition, partitions, start, bytes } of [...last.sbuf, ...last.psum]) {
        expect(partition + partitions).toBeLessThanOrEqual(128);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(bytes).toBeGreaterThan(0);
      }
    }
    ask({ type: 'memory', time: total + 1 });
    const last = said.at(-1);
    expect(last?.type === 'memory' && [...last.sbuf, ...last.psum]).toEqual([]);
  });
});
