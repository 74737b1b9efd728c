/** The search on every adapter, with kernels that are right for the small products of known answers, and wrong for larger ones. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWebGpuMatmul, TUNED_CLASSES, TUNING_CLASSES } from '../../../src/execute/webgpu';
import { candidatesFor, tuningFor, tuningText, type Tuning } from '../../../src/execute/webgpu/tuning';
import type { Host } from '../../../src/host';
import { bitsOf } from '../../../src/numerics';
import { ADAPTERS, changeKernels, open, replaced } from './devices';

/** What the label of a candidate's kernel begins with. 8-bit operands A lie there as bfloat16. */
const labelOf = (name: (typeof TUNING_CLASSES)[number], tuning: Tuning): string => {
  const { m, n, k, dtype } = TUNED_CLASSES[name];
  const bits = { a: Math.max(16, bitsOf(dtype)), b: bitsOf(tuning.widen ? 'bfloat16' : dtype) };
  const fitted = tuningFor(tuning, { m, n, passes: k / 128, batch: 1, bits });
  const [a, b] = bitsOf(dtype) === 8 ? (['bfloat16', `${dtype} (finite)`] as const) : [dtype, dtype];
  return `fused ${a} x ${b} -> float32, ${tuningText(fitted)}, barrier`;
};

/** The last bit of an output beyond the rows or columns of known answers is another. */
const withFault = (code: string, m: number): string =>
  replaced(
    code,
    'let code = encode_out(bitcast<u32>(value));',
    `let code = encode_out(bitcast<u32>(value)) ^ u32(${m > 500 ? 'row + i == 500u' : 'column == 2000u'});`,
  );

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  beforeAll(async () => {
    host = await open(name);
  });
  afterAll(() => {
    host.close();
  });

  test('a kernel that is wrong only on the product that it is timed with is discarded', async () => {
    const matmul = await createWebGpuMatmul(host.device);
    const classes = TUNING_CLASSES.map((each) => {
      const [first, second] = candidatesFor(each, matmul.subgroupLanes) as [Tuning, Tuning];
      return { name: each, right: first, wrong: second };
    });
    const restore = changeKernels(host.device, (code, label) => {
      const isOf = (kind: 'right' | 'wrong') => (each: (typeof classes)[number]) =>
        label.startsWith(labelOf(each.name, each[kind]));
      const faulty = classes.find(isOf('wrong'));
      if (faulty !== undefined) return withFault(code, TUNED_CLASSES[faulty.name].m);
      if (!label.startsWith('fused') || classes.some(isOf('right'))) return code;
      throw new Error('left out, to spare its trials');
    });
    try {
      await matmul.tune();
    } finally {
      restore();
    }
    for (const { name: each, right, wrong } of classes) {
      const { tuning, candidates, discarded } = matmul.probe.tunings[each];
      expect(tuning).toEqual(right);
      expect(candidates).toHaveLength(1);
      const { m, n, k } = TUNED_CLASSES[each];
      const output = m > 500 ? '[500, 0]' : '[0, 2000]';
      expect(discarded.filter(({ why }) => !why.startsWith('left out'))).toEqual([
        {
          tuning: wrong,
          why: `Of the product that is timed, ${m}x${n}x${k}, output ${output} is not what the first kernel gave.`,
        },
      ]);
    }
    expect(Object.values(matmul.gpu.live)).toEqual([0, 0, 0, 0, 0]);
  });
});
