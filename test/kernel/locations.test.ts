import { runInThisContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { ds, kernel, KernelError, trace, type Kernel, type TraceOptions } from '../../src/kernel';
import { callerOf, parseFrame } from '../../src/kernel/locations';
import { instructionsOf } from '../../src/program';
import type { Program } from '../../src/program';

/**
 * A kernel as a host runs it, line 1 first: the suite's own files run with other line numbers than they are written with.
 * Calls are found by the mark before the name that the host points at.
 */
function written(file: string, marked: string) {
  const places: string[] = [];
  const text = marked
    .split('\n')
    .map((line, index) => {
      let plain = line;
      for (let at = plain.indexOf('«'); at >= 0; at = plain.indexOf('«')) {
        places.push(`${file.replace('file://', '')}:${index + 1}:${at + 1}`);
        plain = plain.replace('«', '');
      }
      return plain;
    })
    .join('\n');
  const make = runInThisContext(text, { filename: file }) as (
    make: typeof kernel,
    slice: typeof ds,
  ) => Kernel;
  return { made: make(kernel, ds), places };
}

const traceOf = (made: Kernel, more: Partial<TraceOptions> = {}): Program =>
  trace(made, { chip: 'trn2', inputs: {}, ...more }).program;

function errorOf(made: Kernel, more: Partial<TraceOptions> = {}): KernelError {
  try {
    traceOf(made, more);
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error('not refused');
}

const PLAIN = `(kernel, ds) => kernel('k', [], (nc) => {
  const tile = nc.sbuf([32, 8], 'float32');
  const r = nc.«register(0);   nc.«memset(tile, { value: 0 });

  const again = () => nc
    .«memset(tile, { value: 1 });
  again(); nc.«fori_loop(0, 2, () => {
    again();
    nc.«while_loop(r, () => { nc.«register_move(r, { value: 0 }); });
  });
  const { tensor_copy } = nc;
  «tensor_copy(tile, { src: tile });
})`;

describe('where a call was made', () => {
  test('each instruction and loop has the place of its call in the kernel', () => {
    const { made, places } = written('/kernels/mine.js', PLAIN);
    const [register, memset, again, loop, inner, move, copy] = places;
    const { instructions } = traceOf(made);
    expect([...instructionsOf(instructions)].map(({ at }) => at)).toEqual([register, memset, again, again, move, copy]); // prettier-ignore
    expect(instructions[3]).toMatchObject({
      loop: 'fori',
      at: loop,
      body: [{ at: again }, { loop: 'while', at: inner }],
    });
  });

  test.each<[call: string, body: string]>([
    ['sbuf', "nc.«sbuf([129, 8], 'float32')"],
    ['hbm', "nc.«hbm('h', [], 'float32')"],
    ['psum', "\n\n  nc.«psum([1, 1], 'float32', { bank: 9 })"],
    ['register', 'nc.«register(0.5)'],
    ['slice', "nc.sbuf([4, 8], 'float32')\n  .slice(0).«slice(5)"],
    ['permute', "nc.sbuf([4, 8], 'float32').«permute(1, 0)"],
    ['ap', "nc.sbuf([4, 8], 'float32').«ap([])"],
    ['view', "nc.sbuf([4, 8], 'uint8').slice(0, [1, 5]).«view('float32')"],
    ['indirect', "nc.hbm('h', [4], 'float32').«indirect(5)"],
    ['memset', "nc.«memset(nc.sbuf([4, 8], 'float32'), {})"],
  ])('a refused %s names it', (call, body) => {
    const { made, places } = written(
      '/kernels/mine.js',
      `(kernel, ds) => kernel('k', [], (nc) => { ${body} })`,
    );
    const error = errorOf(made);
    expect(error).toMatchObject({ call, at: places[0] });
    expect(error.message).toBe(`Kernel "k", ${call} at ${places[0]}: ${error.rule}`);
  });

  test('a memory that is full names the place where the tensor was made', () => {
    const { made, places } = written('/kernels/mine.js', `(kernel) => kernel('k', [], (nc) => {
      const both = [1, 2].map(() => nc.«sbuf([1, 40000], 'float32'));
      nc.tensor_copy(both[0], { src: both[1] });
    })`); // prettier-ignore
    expect(errorOf(made).at).toBe(places[0]);
  });

  test('a file URL is told as a path, with its spaces', () => {
    const { made } = written('file:///kernels/my%20kernel.js', `(kernel) => kernel('k', [], (nc) => {
 nc.register(); })`); // prettier-ignore
    expect(traceOf(made).instructions[0]?.at).toBe('/kernels/my kernel.js:2:5');
  });

  test('locate leads to what was written, and is asked once for each place', () => {
    const asked: string[] = [];
    const locate = (place: string) => {
      asked.push(place);
      return `kernel.ts:${asked.length}:1`;
    };
    const { made, places } = written('/kernels/mine.js', PLAIN);
    const { instructions } = traceOf(made, { locate });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toEqual(expect.arrayContaining(places));
    for (const { at } of instructionsOf(instructions)) expect(at).toMatch(/^kernel\.ts:\d+:1$/);
  });
});

describe('the host’s Error', () => {
  interface Host {
    prepareStackTrace?: unknown;
    captureStackTrace?: unknown;
    stackTraceLimit?: number;
  }
  const host = Error as Host;
  const { prepareStackTrace, captureStackTrace, stackTraceLimit = 10 } = host;
  afterEach(() => {
    Object.assign(host, { prepareStackTrace, captureStackTrace, stackTraceLimit });
  });

  test('is as it was after a trace, and a prepareStackTrace of the author is not called', () => {
    const mine = () => {
      throw new Error('not for us');
    };
    host.stackTraceLimit = 3;
    const { made, places } = written('/kernels/mine.js', PLAIN);
    host.prepareStackTrace = mine;
    const { instructions } = traceOf(made);
    expect(host.prepareStackTrace).toBe(mine);
    expect(host.stackTraceLimit).toBe(3);
    host.prepareStackTrace = prepareStackTrace;
    expect(instructions[0]?.at).toBe(places[0]);
  });

  test('where it tells text, the first place of it is read', () => {
    host.captureStackTrace = (target: { stack?: string }) => {
      target.stack = 'body@http://localhost/kernels/mine.js:12:34\ntrace@http://localhost/x.js:1:1\n';
    };
    const found = callerOf(() => undefined);
    host.captureStackTrace = captureStackTrace;
    expect(found).toEqual({ file: 'http://localhost/kernels/mine.js', line: 12, column: 34 });
  });

  test('where it tells nothing, instructions have no place, and errors none', () => {
    const { made } = written('/kernels/mine.js', PLAIN);
    host.captureStackTrace = undefined;
    const { instructions } = traceOf(made);
    const refused = errorOf(kernel('k', [], (nc) => nc.register(0.5)));
    host.captureStackTrace = captureStackTrace;
    for (const one of instructionsOf(instructions)) expect(one).not.toHaveProperty('at');
    expect(refused.message).toMatch(/^Kernel "k", register: value must be /);
  });
});

test.each<[string, string, ReturnType<typeof parseFrame>]>([
  ['V8, named', 'Error\n    at body (/k/mine.js:3:14)\n    at trace (/k/x.js:1:1)', { file: '/k/mine.js', line: 3, column: 14 }],
  ['V8, nameless', 'Error: a (b)\n    at /k/mine.js:3:14', { file: '/k/mine.js', line: 3, column: 14 }],
  ['V8, URL', '    at Object.body [as f] (http://h:8080/k/mine.js?v=1:3:14)', { file: 'http://h:8080/k/mine.js?v=1', line: 3, column: 14 }],
  ['V8, async', '    at async file:///k/mine.js:3:14', { file: 'file:///k/mine.js', line: 3, column: 14 }],
  ['Firefox', 'body@http://h/k/mine.js:3:14\n@http://h/x.js:1:1', { file: 'http://h/k/mine.js', line: 3, column: 14 }],
  ['Firefox, nameless', '@http://h/k/mine.js:3:14', { file: 'http://h/k/mine.js', line: 3, column: 14 }],
  ['Safari', 'body@http://h/k/mine.js:3:14\nmodule code@http://h/x.js:1:1', { file: 'http://h/k/mine.js', line: 3, column: 14 }],
  ['Safari, native first', '[native code]\nforEach@[native code]\nbody@http://h/k/mine.js:3:14', { file: 'http://h/k/mine.js', line: 3, column: 14 }],
  ['V8, parentheses and @ in the path', '    at f (/my (own)/@k/mine.js:3:14)', { file: '/my (own)/@k/mine.js', line: 3, column: 14 }],
  ['Firefox, @ in the path', 'body@http://h/@k/mine.js:3:14', { file: 'http://h/@k/mine.js', line: 3, column: 14 }],
  ['none', 'Error: no frames', undefined],
  ['nothing', '', undefined],
])('a stack of %s', (_, stack, found) => {
  expect(parseFrame(stack)).toEqual(found);
}); // prettier-ignore
