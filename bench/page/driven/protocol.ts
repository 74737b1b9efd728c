/**
 * What the page that runs a Program and its driver (bench/browser/program.ts) say to each other, over HTTP: the worker of the page gets
 * `driver/request` and the bytes of each input, posts the bytes of each output, and posts messages.
 */
import { codeArray, type CodeArray, type Dtype } from '../../../src/numerics';
import type { Ran } from '../kernel/executors';
import type { ExecutorName } from '../kernel/settings';

export interface DrivenRequest {
  /** As JSON has it. */
  readonly program: unknown;
  readonly executor: ExecutorName;
  readonly budget: number;
}

/** A run, and the milliseconds that it took. */
export interface TimedRan extends Ran {
  readonly ms: number;
}

/** Of one run: any number of `progress`, then one of the others. */
export type FromDriven =
  | { readonly type: 'progress'; readonly steps: number }
  /** Outputs were posted before. */
  | { readonly type: 'ended'; readonly ran: Omit<TimedRan, 'outputs'> }
  /** The user's to mend. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };

/** Addresses from the page's folder. */
export const DRIVER = {
  request: 'driver/request',
  message: 'driver/message',
  input: (name: string): string => `driver/input/${name}`,
  output: (name: string): string => `driver/output/${name}`,
} as const;

export function bytesOfCodes({ buffer, byteOffset, byteLength }: CodeArray): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function codesOfBytes(dtype: Dtype, bytes: Uint8Array): CodeArray {
  const codes = codeArray(dtype, bytes.length / codeArray(dtype, 0).BYTES_PER_ELEMENT);
  bytesOfCodes(codes).set(bytes);
  return codes;
}
