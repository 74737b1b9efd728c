/**
 * What goes into the sandbox and what comes out of it. The answer is one text, JSON of an `Answer` where the kernel is honest: a
 * text cannot hold cycles or shared parts, its length is known before it is read, and only the judge's worker reads it.
 */
import type { ChipName } from '../../../../src/chip';
import type { InputSetting } from '../settings';

export interface SandboxRequest {
  readonly source: string;
  readonly kernel: string;
  readonly chip: ChipName;
  readonly inputs: readonly InputSetting[];
  readonly budget: number;
}

export type Answer =
  | {
      readonly type: 'traced';
      readonly kernel: string;
      readonly program: unknown;
      /** What the source exports as `sizes`: the library's reference is told them. */
      readonly sizes: Readonly<Record<string, number>>;
    }
  /** The kernel takes other inputs than were given. */
  | { readonly type: 'inputs'; readonly kernel: string; readonly names: readonly string[] }
  /** `line` of the source, from 1, where it is known. */
  | { readonly type: 'failed'; readonly message: string; readonly line: number | null };

/** What the page hands to the sandbox's frame: the script of the worker, which the frame itself may not fetch, and its request. */
export interface FrameRequest {
  readonly script: string;
  readonly request: SandboxRequest;
}

/** Characters of an answer: some 300,000 instructions. */
export const LONGEST_ANSWER = 2 ** 26;

/** How places in the source are told. */
export const SOURCE_NAME = 'kernel.ts';

/** The line of a place of the source, `kernel.ts:12` or `kernel.ts:12:5`, in a text. */
export function lineIn(text: string | undefined): number | null {
  const [, line] = /\bkernel\.ts:(\d{1,7})\b/.exec(text ?? '') ?? [];
  return line === undefined ? null : Number(line);
}
