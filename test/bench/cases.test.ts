import { describe, expect, it } from 'vitest';
import { DTYPE_PAIRS, pairName, parsePair, selectCases } from '../../bench/cases';
import { UserError } from '../../src/numerics';

describe('selectCases', () => {
  const { cases, leftOut } = selectCases();
  const names = cases.map(({ name }) => name);

  it('has unique names and leaves nothing out without a chosen chip', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(leftOut).toEqual([]);
  });

  it('runs once what is asked for twice', () => {
    const twice = selectCases({ shapes: ['1x64x300', '1x64x300'], dtypes: ['bf16', 'bf16', 'bfloat16'] });
    expect(twice.cases.map(({ name }) => name)).toEqual(['shape/1x64x300/bf16']);
  });

  it('takes the shapes from the published configurations', () => {
    const shapeOf = (name: string): number[] => {
      const found = cases.find((each) => each.name === name);
      return found === undefined ? [] : [found.m, found.n, found.k];
    };
    expect(shapeOf('gpt2/qkv/m1/bf16')).toEqual([1, 2304, 768]);
    expect(shapeOf('gpt2/down/m512/bf16')).toEqual([512, 768, 3072]);
    expect(shapeOf('qwen2.5-0.5b/k+v/m128/fp16')).toEqual([128, 128, 896]);
    expect(shapeOf('qwen2.5-0.5b/gate+up/m128/bf16')).toEqual([128, 4864, 896]);
    expect(shapeOf('llama3.1-8b/k+v/m1/bf16')).toEqual([1, 1024, 4096]);
    expect(shapeOf('llama3.1-8b/down/m512/fp8e4m3')).toEqual([512, 4096, 14336]);
    expect(shapeOf('square/4096/bf16')).toEqual([4096, 4096, 4096]);
  });

  it('begins with every dtype pair at 512, then every model at 1 and 128 tokens', () => {
    const pairs = DTYPE_PAIRS.map(([a, b]) => pairName(a, b));
    expect(names.slice(0, pairs.length)).toEqual(pairs.map((pair) => `square/512/${pair}`));
    const second = names.slice(pairs.length, pairs.length + 7);
    for (const model of ['gpt2/qkv', 'qwen2.5-0.5b/q+o', 'llama3.1-8b/q+o']) {
      expect(second).toContain(`${model}/m1/bf16`);
      expect(second).toContain(`${model}/m128/bf16`);
    }
    expect(second).toContain('square/1024/bf16');
  });

  it('runs fp8e4m3fn on trn3 and everything else on trn2', () => {
    for (const { a, b, chip } of cases) {
      expect(chip).toBe(a === 'float8_e4m3fn' || b === 'float8_e4m3fn' ? 'trn3' : 'trn2');
    }
  });

  it('leaves out what a chosen chip lacks, with the reason', () => {
    const onTrn2 = selectCases({ chip: 'trn2', pattern: 'square/512/' });
    expect(onTrn2.leftOut.map(({ name }) => name)).toEqual(['square/512/fp8e4m3fn']);
    expect(onTrn2.leftOut[0]?.reason).toContain('trn2 does not multiply float8_e4m3fn');
    expect(onTrn2.cases).toHaveLength(DTYPE_PAIRS.length - 1);
  });

  it('filters by name, dtype and shape', () => {
    const filtered = selectCases({ pattern: '^gpt2/.*/m128/', dtypes: ['bf16', 'fp8e4m3xfp8e5m2'] });
    expect(filtered.cases.map(({ name }) => name).sort()).toEqual(
      ['down', 'o', 'qkv', 'up'].flatMap((layer) => [
        `gpt2/${layer}/m128/bf16`,
        `gpt2/${layer}/m128/fp8e4m3xfp8e5m2`,
      ]),
    );
    const shaped = selectCases({ shapes: ['5x6x7', '1x1x1'], dtypes: ['fp32'] });
    expect(shaped.cases).toMatchObject([
      { name: 'shape/5x6x7/fp32', m: 5, n: 6, k: 7, a: 'float32', b: 'float32', chip: 'trn2' },
      { name: 'shape/1x1x1/fp32' },
    ]);
  });

  it('makes one case for each dtype of real weights', () => {
    const given = { a: new Float32Array(6), b: new Float32Array(12) };
    const found = selectCases({
      weights: { name: 'w', m: 2, n: 4, k: 3, given },
      dtypes: ['bf16', 'fp16'],
    }).cases;
    expect(found.map(({ name }) => name)).toEqual(['weights/w/m2/bf16', 'weights/w/m2/fp16']);
    expect(found[0]?.given).toBe(given);
  });

  it.each([
    [{ pattern: '(' }, /--case takes a regular expression/],
    [{ pattern: 'no such case' }, /No case has a name that matches no such case/],
    [{ shapes: ['12x13'] }, /A shape is MxNxK.*got "12x13"/],
    [{ shapes: ['0x1x1'] }, /at least 1/],
    [{ dtypes: ['bf17'] }, /bf17/],
    [{ dtypes: ['bf16xbf16xbf16'] }, /one dtype or two joined by x/],
    [{ dtypes: ['fp32xbf16'] }, /float32 and tfloat32 multiply only/],
    [{ dtypes: ['fp8e4m3fn'], chip: 'trn2' as const }, /trn2 does not multiply float8_e4m3fn/],
  ])('refuses %j', (filter, message) => {
    expect(() => selectCases(filter)).toThrow(UserError);
    expect(() => selectCases(filter)).toThrow(message);
  });
});

it('names and parses dtype pairs', () => {
  for (const [a, b] of DTYPE_PAIRS) expect(parsePair(pairName(a, b))).toEqual([a, b]);
});
