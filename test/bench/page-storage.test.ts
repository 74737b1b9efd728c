/** What the page keeps: storage that works, is refused, is full, or was filled by someone else. */
import { expect, it } from 'vitest';
import { Keeper } from '../../bench/page/storage';
import { caseResult, report } from './page-results';

function keeperOf(kept: Map<string, string>) {
  return new Keeper(
    () => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    }),
    () => {
      throw new Error('not refused');
    },
  );
}

it('gives back what it kept', () => {
  const keeper = keeperOf(new Map());
  const kept = report([caseResult('a/b/bf16')]);
  keeper.write('theme', 'dark');
  keeper.keepReport(kept);
  expect(keeper.read('theme')).toBe('dark');
  expect(keeper.read('settings')).toBe('');
  expect(keeper.report()).toEqual(kept);
});

it.each(['', 'null', '{', '[]', '{"of":"another version","view":{}}', '7', '"<script>"'])(
  'drops a report that is not its own: %s',
  (text) => {
    expect(keeperOf(new Map([['systole.report', text]])).report()).toBeNull();
  },
);

it('does not keep a report beyond its limit', () => {
  const kept = new Map<string, string>();
  keeperOf(kept).keepReport(report([caseResult('x'.repeat(400_000))]));
  expect(kept.size).toBe(0);
});

it('tells that storage is refused, to be read or to be written', () => {
  let refused = 0;
  const deny = (): never => {
    throw new DOMException('denied', 'SecurityError');
  };
  const keeper = new Keeper(deny, () => refused++);
  keeper.write('theme', 'dark');
  keeper.keepReport(report([]));
  expect(refused).toBe(2);
  expect(keeper.read('theme')).toBe('');
  expect(keeper.report()).toBeNull();
  expect(refused).toBe(4);
  const full = new Keeper(
    () => ({ getItem: () => null, setItem: deny }),
    () => refused++,
  );
  full.write('theme', 'dark');
  expect(refused).toBe(5);
});
