/**
 * The form of a kernel: nodes in, nodes out. Types of inputs and attributes are those that tfjs-core names (`SumInputs`,
 * `SumAttrs`); tensors in them become what this file calls tensors. Floats are float32 nodes in either mode: a result is rounded to
 * the format of the mode once, at the end.
 */
import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Dtype } from '../numerics';
import { make, withRecorder, type Node, type Shape } from '../tensor/graph';
import type { SystoleBackend } from './backend';
import { formatOf, isReal, type FloatFormat, type HostValues, type RealType } from './values';

/** One node, whose format is that of `formatOf`: a result, and what a kernel is given. */
export interface RealResult {
  readonly dtype: RealType;
  readonly node: Node;
}

export interface ComplexResult {
  readonly dtype: 'complex64';
  readonly real: Node;
  readonly imag: Node;
}

/** The data of an input, not copied, in another shape or the same. */
export interface SameResult {
  readonly same: TensorInfo;
  readonly shape: Shape;
}

export type Result = RealResult | ComplexResult | SameResult;
export type Results = Result | readonly Result[];

interface Given {
  readonly info: TensorInfo;
  readonly shape: Shape;
}

export interface Real extends RealResult, Given {
  /** A copy of what the host has or can compute. @throws UserError where that hangs on what is on the device alone. */
  values(): HostValues;
}
export type Complex = ComplexResult & Given;
/** A string tensor: all that a kernel of ours does with it is to give it another shape. */
export interface Strings extends Given {
  readonly dtype: 'string';
}
export type Tensor = Real | Complex | Strings;

/** Inputs with tensors in the place of tfjs's infos, also in lists. An input that tfjs-core may leave out stays optional. */
export type Inputs<I, T> = {
  readonly [K in keyof I]: I[K] extends TensorInfo[] ? readonly T[] : T | Extract<undefined, Optional<I, K>>;
};
/** `Pick<NamedTensorInfoMap, ...>` has undefined in every field, which none of them is. */
type Optional<I, K extends keyof I> = object extends Pick<I, K> ? I[K] : never;

/** What a kernel may ask for besides. */
export interface Context {
  /** What float32 tensors are stored as; matmul-shaped kernels cast their operands to it, which loses nothing. */
  readonly float: FloatFormat;
  /** A result whose values were computed on the host. */
  readonly place: (values: ArrayLike<number>, dtype: RealType, shape: Shape) => RealResult;
}

export interface Kernel {
  /** Otherwise inputs of complex64 or string are an error. */
  readonly takesAll: boolean;
  readonly compute: (inputs: unknown, attrs: unknown, context: Context) => Results;
}

/** A kernel of real tensors. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- it types what compute is given
export const kernel = <I, A = object>(
  compute: (inputs: Inputs<I, Real>, attrs: A, context: Context) => Results,
): Kernel => ({ takesAll: false, compute: compute as Kernel['compute'] });

/** A kernel that tells real, complex and string tensors apart itself. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as above
export const mixedKernel = <I, A = object>(
  compute: (inputs: Inputs<I, Tensor>, attrs: A, context: Context) => Results,
): Kernel => ({ takesAll: true, compute: compute as Kernel['compute'] });

/** Kernels of a family under the names that tfjs-core calls them by. */
export type KernelTable = Readonly<Record<string, Kernel>>;

/** The format of a kernel's nodes. */
export const nodeFormat = (dtype: RealType): Dtype => formatOf(dtype, 'float32');

export const float = (node: Node): RealResult => ({ dtype: 'float32', node });
export const int = (node: Node): RealResult => ({ dtype: 'int32', node });
export const bool = (node: Node): RealResult => ({ dtype: 'bool', node });
export const same = ({ info }: Given, shape: Shape = info.shape): SameResult => ({ same: info, shape });

/** Runs a kernel for tfjs: what it made and did not give is let go of again. */
export function runKernel(
  name: string,
  { takesAll, compute }: Kernel,
  inputs: NamedTensorInfoMap,
  attrs: object,
  backend: SystoleBackend,
): TensorInfo | TensorInfo[] {
  const context: Context = {
    float: backend.float,
    place: (values, dtype, shape) => ({ dtype, node: backend.leaf(values, dtype, shape) }),
  };
  const made: Node[] = [];
  const note = (node: Node): void => {
    made.push(node);
  };
  try {
    return withRecorder(note, () => {
      const given = tensorsOf(inputs, (info) => tensorOf(info, backend, takesAll ? undefined : name));
      const results = compute(given, attrs, context);
      const adopted = (result: Result): TensorInfo => adopt(result, name, backend);
      return isList(results) ? results.map(adopted) : adopted(results);
    });
  } finally {
    for (const node of made.toReversed()) node.hold().drop();
  }
}

const isList = (results: Results): results is readonly Result[] => Array.isArray(results);

/** Of lists and objects of infos, and of what is neither as it stands. */
function tensorsOf(inputs: unknown, convert: (info: TensorInfo) => Tensor): unknown {
  if (Array.isArray(inputs)) return inputs.map((each) => tensorsOf(each, convert));
  if (typeof inputs !== 'object' || inputs === null) return inputs;
  if ('dataId' in inputs) return convert(inputs as TensorInfo);
  return Object.fromEntries(Object.entries(inputs).map(([name, each]) => [name, tensorsOf(each, convert)]));
}

/** @param realOnly the kernel, where it takes real tensors alone. */
function tensorOf(info: TensorInfo, backend: SystoleBackend, realOnly: string | undefined): Tensor {
  const { dtype, shape, dataId } = info;
  if (realOnly !== undefined && !isReal(dtype))
    throw new Error(`${realOnly} takes no tensor of ${dtype}; received one of [${shape.join()}].`);
  const part = (i: number): Node => {
    const node = backend.partsOf(dataId)[i];
    if (node === undefined) throw new Error(`Invariant violation: a tensor of ${dtype} has no part ${i}`);
    const shaped = make.reshape(node, shape);
    return shaped.dtype === 'bfloat16' ? make.cast(shaped, 'float32') : shaped;
  };
  // Nodes are made when they are asked for.
  if (isReal(dtype))
    return {
      info,
      shape,
      dtype,
      get node() {
        return part(0);
      },
      values: () => backend.readSync(dataId) as HostValues,
    };
  if (dtype === 'string') return { info, shape, dtype };
  return {
    info,
    shape,
    dtype,
    get real() {
      return part(0);
    },
    get imag() {
      return part(1);
    },
  };
}

function adopt(result: Result, name: string, backend: SystoleBackend): TensorInfo {
  if ('same' in result) {
    backend.incRef(result.same.dataId);
    return { ...result.same, shape: [...result.shape] };
  }
  const { dtype } = result;
  const parts = 'node' in result ? [result.node] : [result.real, result.imag];
  const format = formatOf(dtype === 'complex64' ? 'float32' : dtype, backend.float);
  const stored = parts.map((node) => (node.dtype === 'float32' ? make.cast(node, format) : node));
  for (const node of stored)
    if (node.dtype !== format)
      throw new Error(`Invariant violation: ${name} gives ${node.dtype} as ${dtype}`);
  return { dataId: backend.adopt(dtype, stored), shape: [...(parts[0]?.shape ?? [])], dtype };
}
