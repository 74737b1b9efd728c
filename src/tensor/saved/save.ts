/** Arrays to .safetensors, bit for bit, one at a time: what the host holds at once is one of them. */
import { describe } from '../array';
import { safetensorsStream, type WriteOptions } from '../safetensors';
import { namedArrays } from './names';

/**
 * The bytes of a file with the arrays of a tree (parameters and an optimiser's state, say), under the names of `namedArrays`. Arrays are read
 * as the stream is, so they have to live until it ends.
 *
 * @throws UserError for what cannot be saved, before the first byte; the stream fails where an array was disposed meanwhile.
 */
export function saveArrays(
  tree: unknown,
  options: WriteOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const named = namedArrays('saveArrays', tree);
  for (const [, array] of named) array.nodeFor('saveArrays');
  const [first] = named.values();
  let computed: Promise<void> | undefined;
  const tensors = [...named].map(([name, array]) => ({
    name,
    dtype: array.dtype,
    shape: array.shape,
    codes: async () => {
      // What is yet to be computed is so together: one by one, its steps would be computed again for each.
      computed ??= first?.arrays.settle(
        [...named.values()].map((each) => first.arrays.nodeOf('saveArrays', each)),
        'saveArrays',
      );
      await computed;
      return array.arrays.read(array.nodeFor(`saveArrays: ${name}`), describe(array));
    },
  }));
  return safetensorsStream(tensors, options);
}
