/**
 * The two modules of the WASM executor, one of them with relaxed SIMD, and the memory they run in. Each computes a known answer before
 * it is trusted.
 */
import plain from '../../../build/matmul.wasm';
import relaxed from '../../../build/matmul-relaxed.wasm';
import { UserError } from '../../numerics';

export interface Exports {
  readonly base: () => number;
  /** One unit of the job, if any is left; whether there was. */
  readonly step: (job: number, scratch: number) => number;
  /** Codes of 8 bits, whose format's record is given, as bfloat16. */
  readonly widen: (format: number, from: number, count: number, to: number) => void;
  /** Rows of codes into panels: from where, how many and how far apart; how many panels, bytes of a row of one; to where, how far apart panels are, and rows. */
  readonly layPanels: (
    from: number,
    rows: number,
    pitch: number,
    panels: number,
    bytes: number,
    to: number,
    panel: number,
    next: number,
  ) => void;
  readonly peak: (fused: boolean, products: boolean, at: number, steps: number) => number;
  readonly read: (at: number, bytes: number, times: number) => number;
}

/** A module in a memory. */
export interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly exports: Exports;
}

/** Of one kind: for memory of one thread, or for memory that threads share. */
export interface Modules {
  readonly fuses: boolean;
  readonly own: WebAssembly.Module;
  /** Compiled only where it is asked for. */
  readonly shared: () => Promise<WebAssembly.Module>;
}

export const PAGE = 65536;
/** As the modules declare it. */
const MOST_PAGES = 65536;

/** Whether this engine has relaxed SIMD: Node 20 only with its flag --experimental-wasm-relaxed-simd. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(relaxed);

/** @throws UserError where WebAssembly with SIMD is refused. */
export async function compile(fuses: boolean): Promise<Modules> {
  const bytes = fuses ? relaxed : plain;
  let shared: Promise<WebAssembly.Module> | undefined;
  return {
    fuses,
    own: await compileBytes(bytes),
    shared: () => (shared ??= compileBytes(withSharedMemory(bytes))),
  };
}

async function compileBytes(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new UserError(
      `The CPU checker needs WebAssembly with SIMD, which is refused here: where the page has a Content-Security-Policy, add 'wasm-unsafe-eval' to its script-src. ${error.message}`,
      { cause: error },
    );
  }
}

/** The import of a memory: module "env", name "memory", kind 2, then flags: 1, a maximum is given, and 3, shared too. */
const MEMORY_IMPORT = [3, ...bytesOf('env'), 6, ...bytesOf('memory'), 2, 1];

/** The same module, for a shared memory. It is one bit; a second file would be all of it again. */
function withSharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = bytes.findIndex((_, start) => MEMORY_IMPORT.every((byte, i) => bytes[start + i] === byte));
  if (at < 0) throw new Error('Invariant violation: the module imports no memory with a maximum');
  const changed = bytes.slice();
  changed[at + MEMORY_IMPORT.length - 1] = 3;
  return changed;
}

function bytesOf(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** @throws UserError where so much memory is not to be had. */
export function createMemory(bytes: number, kind: 'own' | 'shared'): WebAssembly.Memory {
  const initial = Math.ceil(bytes / PAGE);
  try {
    return kind === 'shared'
      ? new WebAssembly.Memory({ initial, maximum: Math.max(initial, 1), shared: true })
      : new WebAssembly.Memory({ initial, maximum: MOST_PAGES });
  } catch (error) {
    throw outOfMemory(bytes, error);
  }
}

/** Grows a memory to so many bytes at least. @throws UserError where they are not to be had. */
export function reserve(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (error) {
    throw outOfMemory(bytes, error);
  }
}

function outOfMemory(bytes: number, cause: unknown): UserError {
  return new UserError(
    `A product needs ${Math.ceil(bytes / 2 ** 20)} MiB of WASM memory, which this engine does not give. Compute it in windows, or free memory.`,
    { cause },
  );
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Exports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
}
