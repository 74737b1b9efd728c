/**
 * Strings: neither the chip nor a GPU has them. The kernels that look into strings are tfjs's own, of its backend 'cpu', which has to be
 * there. The list is complete: on numbers the same kernels are ours.
 */
import {
  backend_util,
  engine,
  getKernel,
  type KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { UserError } from '../numerics';
import type { SystoleBackend } from './backend';

/** Of strings alone. */
export const STRING_KERNELS = [
  'StaticRegexReplace',
  'StringNGrams',
  'StringSplit',
  'StringToHashBucketFast',
] as const;

/** Every kernel that tfjs's backend 'cpu' computes: those of strings alone, and these where a tensor of strings goes in or comes out. */
export const DELEGATED_KERNELS: readonly string[] = [
  ...STRING_KERNELS,
  ...['Concat', 'Equal', 'Fill', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'NotEqual', 'Pack'],
  ...['Slice', 'SparseToDense', 'Tile', 'Unique', 'Unpack'],
];

const infosOf = (inputs: NamedTensorInfoMap): TensorInfo[] =>
  Object.values(inputs).flatMap((info) => info ?? []);

/** Whether a call is one of strings, and of a kernel that looks into them. */
export const isDelegated = (
  name: string,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap | undefined,
): boolean =>
  DELEGATED_KERNELS.includes(name) &&
  (infosOf(inputs).some(({ dtype }) => dtype === 'string') ||
    (name === 'Fill' && typeof attrs?.['value'] === 'string'));

let told = false;

/** Copies the inputs to the backend 'cpu', runs its kernel, and copies what that gives back. */
export function delegate(
  name: string,
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap | undefined,
  backend: SystoleBackend,
): TensorInfo | TensorInfo[] {
  const theirs = getKernel(name, 'cpu') as ReturnType<typeof getKernel> | undefined;
  const cpu = engine().findBackend('cpu') as KernelBackend | null;
  if (theirs === undefined || cpu === null)
    throw new UserError(
      `${name} of strings is computed by tfjs's backend 'cpu': import '@tensorflow/tfjs-backend-cpu'.`,
    );
  if (!told)
    backend_util.warn(`systole: on strings these kernels are tfjs's: ${DELEGATED_KERNELS.join(', ')}.`);
  told = true;
  const given = Object.entries(inputs).flatMap(([key, info]): [string, TensorInfo][] =>
    info === undefined
      ? []
      : [[key, { ...info, dataId: cpu.write(backend.readSync(info.dataId), info.shape, info.dtype) }]],
  );
  const named = Array.isArray(inputs) ? given.map(([, info]) => info) : Object.fromEntries(given);
  const results = theirs.kernelFunc({
    inputs: named as NamedTensorInfoMap,
    backend: cpu,
    ...(attrs && { attrs }),
  });
  const back = (info: TensorInfo): TensorInfo => ({
    ...info,
    dataId: backend.write(cpu.readSync(info.dataId), info.shape, info.dtype),
  });
  const own = Array.isArray(results) ? results.map(back) : back(results);
  for (const { dataId } of [...given.map(([, info]) => info), ...[results].flat()]) cpu.disposeData(dataId);
  return own;
}
