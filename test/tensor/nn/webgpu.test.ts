/** Layers that place tables of the host run on every adapter, with the bits of the reference. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../../src/host';
import { normal, openArrays, type Arrays } from '../../../src/tensor/array';
import { multiHeadAttention, rotary } from '../../../src/tensor/nn';
import { ADAPTERS, open } from '../../execute/webgpu/devices';

describe.each(ADAPTERS)('%s', (name) => {
  let opened: { readonly host: Host; readonly here: Arrays; readonly reference: Arrays } | undefined;
  const get = () => {
    if (opened === undefined) throw new Error('not open yet');
    return opened;
  };
  beforeAll(async () => {
    const host = await open(name);
    opened = {
      host,
      here: await openArrays({ device: host.device }),
      reference: await openArrays({ executor: 'reference' }),
    };
  });
  afterAll(() => {
    opened?.here.close();
    opened?.host.close();
  });

  test('rotary has the bits of the reference', async () => {
    const turned = (arrays: Arrays) => rotary(normal(arrays.key(1), [2, 3, 4]), { offset: 2 }).codes();
    expect(await turned(get().here)).toEqual(await turned(get().reference));
  });

  test('attention with rotary runs, also compiled', async () => {
    const layer = multiHeadAttention({ width: 4, heads: 2, causal: true, rotary: true });
    const { here, reference } = get();
    const seen = async (arrays: Arrays) => {
      const parameters = layer.init(arrays, 3);
      const x = normal(arrays.key(1), [1, 3, 4]);
      using step = arrays.compile((input: typeof x) => layer.apply(parameters, input));
      const codes = await layer.apply(parameters, x).codes();
      expect(await (await step(x)).codes()).toEqual(codes);
      return codes;
    };
    expect(await seen(here)).toEqual(await seen(reference));
  });
});
