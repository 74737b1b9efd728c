/** Our own entries in the fields of WASM: the WASM executor with the threads of the field. */
import { createWasmMatmul, type WasmMatmul, type WasmOptions } from '../../src/execute/wasm';
import { planMatmul } from '../../src/lower';
import { decodeArray, encodeArray } from '../../src/numerics';
import { OUR_DTYPES, type Contestant } from './contestant';

/** One entry for each dtype, all on one executor. `version` is the package's. */
export function systoleWasmContestants(
  version: string,
  options: Pick<WasmOptions, 'threads' | 'startThread'>,
): Contestant[] {
  let opening: Promise<WasmMatmul> | undefined;
  return OUR_DTYPES.map((dtype) => ({
    name: 'systole',
    version,
    dtype,
    ours: true,
    async open() {
      opening ??= createWasmMatmul(options);
      const matmul = await opening;
      if (matmul.limited !== undefined) throw new Error(matmul.limited);
      return {
        variant: matmul.fuses ? 'relaxed SIMD' : 'SIMD',
        async prepare(shape, a, b) {
          const plan = planMatmul({ ...shape, a: dtype, b: dtype });
          const product = await matmul.prepare(plan, { a: encodeArray(dtype, a), b: encodeArray(dtype, b) });
          return {
            async run(count) {
              await product.runMany(count);
            },
            read: async () => decodeArray('float32', await product.read()),
            release() {
              product.release();
            },
          };
        },
        close() {
          matmul.release();
        },
      };
    },
  }));
}
