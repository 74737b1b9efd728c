/** The arrays that tests share: of the reference, which defines every bit. */
import { afterAll, beforeAll } from 'vitest';
import { openArrays, type Arrays, type NDArray } from '../../../src/tensor/array';
import type { Plain } from './loops';

export function sharedArrays(): { readonly arrays: Arrays; given: (plain: Plain) => NDArray } {
  let opened: Arrays | undefined;
  beforeAll(async () => {
    opened = await openArrays({ executor: 'reference' });
  });
  afterAll(() => {
    opened?.close();
  });
  const get = (): Arrays => {
    if (opened === undefined) throw new Error('not open yet');
    return opened;
  };
  return {
    get arrays() {
      return get();
    },
    given: ({ shape, values }) => get().array(Float32Array.from(values), { shape }),
  };
}

export const plainOf = async (x: NDArray): Promise<Plain> => ({
  shape: x.shape,
  values: [...(await x.data())],
});
