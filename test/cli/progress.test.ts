/** Progress at what is no terminal: lines that stay, and none of what ends soon. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { passingLine, stageLine } from '../../src/cli/progress';

const lines: string[] = [];
const stream = {
  isTTY: false,
  write: (text: string) => lines.push(text) > 0,
} as unknown as NodeJS.WriteStream;
beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a passing line', () => {
  it('is told after as long as is said', () => {
    const clear = passingLine(stream, 'tracing', 0, 2000);
    vi.advanceTimersByTime(1999);
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(1);
    clear();
    expect(lines).toEqual(['tracing\n']);
  });

  it('is not told of what has ended by then, nor where nothing is said', () => {
    passingLine(stream, 'tracing', 0, 2000)();
    passingLine(stream, 'verifying', 0);
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
  });
});

describe('lines of stages', () => {
  const words = { verify: 'verifying', simulate: 'simulating' };

  it('begin two seconds after the start, and come once for each stage', () => {
    const { update } = stageLine(stream, words);
    update({ stage: 'verify' });
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(2000);
    for (const share of [0.1, 0.2]) update({ stage: 'verify', share });
    update({ stage: 'simulate' });
    expect(lines).toEqual(['verifying\n', 'simulating\n']);
  });

  it('begin at once for what started long ago', () => {
    stageLine(stream, words, -Infinity).update({ stage: 'verify' });
    expect(lines).toEqual(['verifying\n']);
  });
});
