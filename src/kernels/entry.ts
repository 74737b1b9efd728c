/**
 * What a kernel of the library is: the kernel itself, the inputs that it is tried on, and what its outputs must be, from
 * float64 arithmetic, with the error that float32 arithmetic of this kind can have. `systole run NAME`, the tests, the docs and the page
 * read it.
 */
import type { ChipName } from '../chip';
import type { InputSpec, Kernel } from '../kernel';
import { UserError, type Dtype } from '../numerics';

/** A whole number that the user may choose. */
export interface Size {
  readonly summary: string;
  /** Whether it shapes random inputs, or is the kernel's own: what the shapes of its inputs do not say. */
  readonly of: 'inputs' | 'kernel';
  readonly default: number;
  readonly least: number;
  readonly most: number;
  /** Of what it must be a multiple; 1 when left out. */
  readonly step?: number;
}

export type Sizes<Name extends string = string> = Readonly<Record<Name, number>>;

/** What random values are drawn from, before they are rounded to the input's format. */
export type Distribution =
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  /** Whole numbers of low to high, all as likely. */
  | { readonly kind: 'integers'; readonly low: number; readonly high: number };

export interface RandomInput extends InputSpec {
  readonly distribution: Distribution;
}

/** An input as the reference takes it: the exact values of its codes, dense and row-major; the four of each packed code. */
export interface ReferenceInput extends InputSpec {
  readonly values: Float64Array;
}

/** An output in float64, row-major, and how far from it each element may be; a bound of 0 is equality. */
export interface Expected {
  readonly values: Float64Array;
  readonly bounds: Float64Array;
}

export interface LibraryKernel<Input extends string = string, Name extends string = string> {
  /** That of the kernel. */
  readonly name: string;
  /** One line: what the output is. */
  readonly summary: string;
  /** Its page, from the root of the repository. */
  readonly doc: string;
  readonly chips: readonly ChipName[];
  /** Formats that its data can have; the first when the user names none. */
  readonly dtypes: readonly Dtype[];
  readonly sizes: Readonly<Record<Name, Size>>;
  /** Reads only those sizes that are the kernel's own. */
  kernel(sizes: Sizes<Name>): Kernel<Input>;
  inputs(sizes: Sizes<Name>, dtype: Dtype): Readonly<Record<Input, RandomInput>>;
  /** The outputs by name. Shapes are those of the inputs, whatever the sizes of random ones say. */
  expected(
    inputs: Readonly<Record<Input, ReferenceInput>>,
    sizes: Sizes<Name>,
  ): Readonly<Record<string, Expected>>;
}

/** An entry whose functions know the names of its inputs and sizes. */
export function libraryKernel<const Input extends string, const Name extends string>(
  entry: LibraryKernel<Input, Name>,
): LibraryKernel {
  return entry;
}

/** All sizes of an entry, the user's or the defaults. @throws UserError for a size that there is not, or outside its limits. */
export function sizesOf({ name, sizes }: LibraryKernel, given: Readonly<Record<string, number>> = {}): Sizes {
  const unknown = Object.keys(given).find((size) => !Object.hasOwn(sizes, size));
  if (unknown !== undefined) {
    throw new UserError(`${name} has no size "${unknown}": it has ${Object.keys(sizes).join(', ')}.`);
  }
  return Object.fromEntries(
    Object.entries(sizes).map(([size, { default: fallback, least, most, step = 1 }]) => {
      const value = given[size] ?? fallback;
      if (Number.isSafeInteger(value) && value >= least && value <= most && value % step === 0) {
        return [size, value];
      }
      const steps = step === 1 ? '' : `, a multiple of ${step}`;
      throw new UserError(
        `${size} of ${name} is a whole number of ${least} to ${most}${steps}, received ${value}.`,
      );
    }),
  );
}
