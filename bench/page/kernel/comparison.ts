/** The outputs of a kernel of the library, changed or not, against the library's float64 reference and its derived bounds. */
import { checkOutput } from '../../../src/kernels/check';
import { trace } from '../../../src/kernel';
import { sizesOf, type LibraryKernel, type Sizes } from '../../../src/kernels/entry';
import { LIBRARY } from '../../../src/kernels/library';
import { referenceInputs, type CodedInput } from '../../../src/kernels/random';
import { UserError, type CodeArray } from '../../../src/numerics';
import { hbmTensors, type HbmTensor } from '../../../src/program';

export interface WrongElement {
  readonly output: string;
  /** Its place, outermost first. */
  readonly index: readonly number[];
  readonly expected: number;
  readonly received: number;
  /** How far from what was expected it may be. */
  readonly bound: number;
}

export type Comparison =
  | {
      readonly type: 'compared';
      readonly elements: number;
      /** Elements further from the reference than their bound. */
      readonly wrong: number;
      readonly first: WrongElement | undefined;
      /** The largest part of its bound that an error took. */
      readonly share: number;
    }
  /** The reference cannot be asked, and why. */
  | { readonly type: 'none'; readonly reason: string };

export interface Compared {
  readonly kernel: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, CodedInput>>;
  readonly tensors: readonly HbmTensor[];
  readonly outputs: Readonly<Record<string, CodeArray>>;
}

/** Null where the library has no kernel of the name. */
export function compareWithLibrary(compared: Compared): Comparison | null {
  const entry = LIBRARY.find(({ name }) => name === compared.kernel);
  if (entry === undefined) return null;
  try {
    const sizes = sizesOf(entry, compared.sizes);
    const expected = entry.expected(referenceInputs(compared.inputs), sizes);
    const shapes = shapesOf(entry, sizes, compared.inputs);
    let [elements, wrong, share] = [0, 0, 0];
    let first: WrongElement | undefined;
    for (const [output, reference] of Object.entries(expected)) {
      const tensor = compared.tensors.find(({ name }) => name === output);
      const codes = compared.outputs[output];
      if (tensor === undefined || codes === undefined) {
        throw new UserError(`The reference has an output "${output}", and the kernel has none.`);
      }
      const shape = shapes.get(output);
      if (shape !== undefined && String(shape) !== String(tensor.shape)) {
        throw new UserError(
          `The output "${output}" of the library is [${shape.join(', ')}], and this kernel's is [${tensor.shape.join(', ')}].`,
        );
      }
      const check = checkOutput(tensor.dtype, codes, reference);
      elements += check.elements;
      wrong += check.wrong;
      share = Math.max(share, check.largestShare);
      if (check.first !== undefined) {
        first ??= { ...check.first, output, index: indexOf(check.first.index, tensor.shape) };
      }
    }
    return { type: 'compared', elements, wrong, first, share };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { type: 'none', reason: error.message };
  }
}

/** The shapes of a library kernel's own outputs, of the same inputs. */
function shapesOf(
  entry: LibraryKernel,
  sizes: Sizes,
  inputs: Compared['inputs'],
): ReadonlyMap<string, readonly number[]> {
  const specs = Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }] as const);
  const [chip = 'trn2'] = entry.chips;
  const { program } = trace(entry.kernel(sizes), { chip, inputs: Object.fromEntries(specs) });
  return new Map(hbmTensors(program, 'output').map(({ name, shape }) => [name, shape]));
}

/** Of a flat row-major index. */
export function indexOf(flat: number, shape: readonly number[]): readonly number[] {
  const index: number[] = [];
  let rest = flat;
  for (const extent of [...shape].reverse()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}
