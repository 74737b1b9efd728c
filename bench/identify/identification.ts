/** What an identification says, as plain data: what JSON holds, and what the text and the page are made from. */
import type { ChipName } from '../../src/chip';
import { decode, encode, FORMATS } from '../../src/numerics';
import type { StoredDtype } from '../weights';
import type { Hypothesis } from './hypotheses';
import type { Differing, Element } from './survey';

/**
 * `explained`: one hypothesis gives every element that was compared. `explained-equally`: several do, and this data cannot tell
 * them apart. `immune`: every sum is exact, so that no order could show. `unexplained`: none of these.
 */
export type Verdict = 'explained' | 'explained-equally' | 'immune' | 'unexplained';

export interface Identification {
  readonly verdict: Verdict;
  readonly shape: { readonly m: number; readonly n: number; readonly k: number };
  readonly files: Readonly<Record<'a' | 'b' | 'c', { readonly name: string; readonly dtype: StoredDtype }>>;
  /** C against the order of additions of the chip. */
  readonly systolic: {
    readonly chip: ChipName;
    readonly title: string;
    readonly compared: number;
    readonly elements: number;
    readonly differing: number;
    readonly first: WrittenElement | null;
    /** Largest distance in codes of C's format; null for float64, and where a NaN faces a number. */
    readonly maxUlp: number | null;
    /** Elements that differ in each tile of m x n outputs, by rows of tiles; null for tiles not compared. */
    readonly tiles: {
      readonly m: number;
      readonly n: number;
      readonly rows: number;
      readonly columns: number;
      readonly differing: readonly (number | null)[];
    };
  };
  /** C against the same product in float64, over the elements compared. The errors are NaN, in JSON null, where none is finite. */
  readonly float64: {
    readonly maxAbs: number;
    readonly at: Element | null;
    /** ||C - float64|| / ||float64||, Frobenius. */
    readonly relative: number;
    /** Elements left out of these because C or the product is not finite there. */
    readonly notFinite: number;
  };
  /** Hypotheses that give all elements compared, the likeliest first; empty when there is none. */
  readonly explanations: readonly Explanation[];
  /** Further hypotheses that give the whole sample, but were not tried on all elements. */
  readonly further: number;
  /** Where none explains C, the hypothesis that gives most elements, if any gives one. */
  readonly best: (Explanation & { readonly exception: WrittenElement | null }) | null;
  readonly tried: number;
  /** False where some hypotheses were not tried: for lack of time, or because hundreds give the sample already. */
  readonly complete: boolean;
  /** What the data cannot tell, and what looks wrong with it, a sentence each. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

export interface Explanation {
  readonly title: string;
  /** A sentence for each choice that the title names. */
  readonly meaning: readonly string[];
  readonly hypothesis: Hypothesis;
  readonly matching: number;
  readonly compared: number;
}

export interface WrittenElement extends Element {
  readonly expected: Written;
  readonly actual: Written;
}

/** The code in hexadecimal, and the value as text: JSON has no infinities and no NaN. */
export interface Written {
  readonly code: string;
  readonly value: string;
}

export function writtenElement(dtype: StoredDtype, { m, n, expected, actual }: Differing): WrittenElement {
  return { m, n, expected: written(dtype, expected), actual: written(dtype, actual) };
}

function written(dtype: StoredDtype, value: number): Written {
  return { code: `0x${codeText(dtype, value)}`, value: String(value) };
}

function codeText(dtype: StoredDtype, value: number): string {
  if (dtype === 'float64')
    return (new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n).toString(16).padStart(16, '0');
  const { kind, bits } = FORMATS[dtype];
  const digits = Math.ceil(bits / 4);
  if (kind === 'integer') return BigInt.asUintN(bits, BigInt(value)).toString(16).padStart(digits, '0');
  const code = encode(dtype, Math.fround(value));
  if (decode(dtype, code) !== value && !Number.isNaN(value)) {
    throw new Error(`Invariant violation: ${value} is no value of ${dtype}`);
  }
  return code.toString(16).padStart(digits, '0');
}
