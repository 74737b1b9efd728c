/** What a budget admits, and in which order it is spent. */
import { describe, expect, it } from 'vitest';
import { Budget, inTurns } from '../../bench/budget';
import { selectCases } from '../../bench/cases';

const square = { m: 1000, n: 1000, k: 1000 };

function budget(): Budget {
  const made = new Budget(60_000, 0, () => 10_000, 400);
  made.referenceRate = 1e9;
  made.learn({ shape: { m: 256, n: 256, k: 256 }, rate: 4e9, compileMs: 700 });
  made.learn({ shape: { m: 1, n: 2304, k: 768 }, rate: 1e8, compileMs: 0 });
  return made;
}

describe('estimates', () => {
  it('come from the most similar shape', () => {
    const few = budget().estimateMs({ m: 1, n: 4096, k: 4096 }, 0);
    expect(few).toBeGreaterThan(5 * 335); // 33.6 MFLOP at 0.1 GFLOP/s, five runs at least
    const checked = budget().estimateMs(square, 4e9);
    const unchecked = budget().estimateMs(square, 0);
    expect(checked - unchecked).toBeCloseTo(4000);
    expect(unchecked).toBeGreaterThan(5 * 500 + 700);
    expect(unchecked).toBeLessThan(9 * 500 + 700);
  });

  it('take the mean of equal shapes, so that one that was disturbed does not keep out the others', () => {
    const twice = budget();
    twice.learn({ shape: square, rate: 4e9, compileMs: 0 });
    const before = twice.estimateMs(square, 0);
    twice.learn({ shape: square, rate: 1e9, compileMs: 0 });
    expect(twice.estimateMs(square, 0) / before).toBeLessThan(2);
  });

  it('say what is left of the budget', () => {
    expect(budget().doesNotFit(12_340)).toBe('estimated 12.3 s, 50.0 s of the budget of 60.0 s were left');
    expect(budget().mustWait(9900)).toBe(false);
    expect(budget().mustWait(10_100)).toBe(true);
  });

  it('grant the second kernel half of what the case leaves, or say why not', () => {
    const spent = budget();
    expect(spent.knowsWitness).toBe(false);
    spent.learnWitness({ shape: square, rate: 2e8, compileMs: 100 });
    expect(spent.witnessLimit(square, 10_000)).toEqual({ limitMs: 20_000 });
    expect(spent.witnessLimit(square, 40_000)).toEqual({
      leftOut:
        "comparing every output with the one-output kernel's takes an estimated 10.8 s; 5.0 s could be spared",
    });
  });
});

describe('turns', () => {
  it('show dtypes and every model before the rest of either', () => {
    const { cases } = selectCases();
    const ordered = inTurns(cases);
    expect(new Set(ordered)).toEqual(new Set(cases));
    expect(ordered).toHaveLength(cases.length);
    const names = ordered.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['square/512/bf16', 'square/512/fp8e4m3', 'square/512/fp32']);
    expect(names.slice(3, 6).sort()).toEqual([
      'gpt2/qkv/m1/bf16',
      'llama3.1-8b/q+o/m1/bf16',
      'qwen2.5-0.5b/q+o/m1/bf16',
    ]);
    expect(names.slice(9, 12)).toContain('gpt2/qkv/m128/bf16');
  });

  it('keep the order of a single group', () => {
    const { cases } = selectCases({ shapes: ['8x8x8', '4x4x4', '5x5x5', '9x9x9'], dtypes: ['bf16'] });
    expect(inTurns(cases)).toEqual(cases);
    expect(inTurns([])).toEqual([]);
  });
});
