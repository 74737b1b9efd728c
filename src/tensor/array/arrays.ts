/** The context of arrays: it makes them, counts them, frees them early, and records what is to be replayed. */
import { checkSignal } from '../../execute/matmul';
import type { TuneOptions } from '../../execute/webgpu';
import { idle } from '../../host';
import { FORMATS, UserError, type CodeArray, type Dtype } from '../../numerics';
import type { ExecutorCounts, ExecutorMemory } from '../executor';
import { make, sizeOf, type Shape } from '../graph';
import { compiled, type Compiled } from './compile';
import { checkShape, diagonal, given, integerCode, stepped, type Data } from './create';
import { ArrayContext, type NDArray } from './ndarray';
import { countOf } from './operands';
import { optionsOf } from './options';
import { flatten } from './tree';

export interface ArrayOptions {
  /** Of typed arrays that of their elements, else float32 when left out. */
  readonly dtype?: Dtype;
  /** One axis for typed arrays and codes, that of the lists for lists, when left out. */
  readonly shape?: Shape;
}

export interface ArraysMemory extends ExecutorMemory {
  /** Arrays that are neither disposed nor collected, and the most there were at once. */
  readonly arrays: number;
  readonly peakArrays: number;
}

/** A scope by `using`: what is made until its end is freed then, unless it is kept. */
export interface ArrayScope extends Disposable {
  /** Arrays, also in lists and objects, that outlive the scope. */
  keep<T>(tree: T): T;
}

export class Arrays extends ArrayContext {
  /** Values, lists of lists, typed arrays or codes; each is rounded once to the format. */
  array(data: Data, options: ArrayOptions = {}): NDArray {
    const { dtype, shape } = optionsOf('array', options, ['dtype', 'shape']);
    if (dtype !== undefined) this.checkDtype('array', dtype);
    const values = given(data, dtype, shape);
    return this.#place(values.codes, values.shape, this.checkDtype('array', values.dtype));
  }

  /** Of a shape, or of one axis of so many elements; `ones` and `full` likewise. */
  zeros(shape: Shape | number, dtype: Dtype = 'float32'): NDArray {
    return this.#full('zeros', shape, 0, dtype);
  }

  ones(shape: Shape | number, dtype: Dtype = 'float32'): NDArray {
    return this.#full('ones', shape, 1, dtype);
  }

  full(shape: Shape | number, value: number, dtype: Dtype = 'float32'): NDArray {
    return this.#full('full', shape, value, dtype);
  }

  /** start, start + step, ... before stop; from 0 where only one number is given. int32 where all are whole, else float32. */
  arange(start: number, stop?: number, step = 1, dtype?: Dtype): NDArray {
    const [first, end] = stop === undefined ? [0, start] : [start, stop];
    if (![first, end, step].every(Number.isFinite) || step === 0)
      throw new UserError(
        `arange: needs finite numbers and a step other than 0; received ${first}, ${end}, ${step}.`,
      );
    const whole = [first, end, step].every(Number.isInteger);
    const format = this.checkDtype('arange', dtype ?? (whole ? 'int32' : 'float32'));
    const count = Math.max(0, Math.ceil((end - first) / step));
    this.#checkRow('arange', count, format);
    return this.#place(stepped(first, step, count, format), [count], format);
  }

  /** `count` values from start to stop, both included. */
  linspace(start: number, stop: number, count = 50, dtype: Dtype = 'float32'): NDArray {
    if (![start, stop].every(Number.isFinite))
      throw new UserError(`linspace: needs finite numbers; received ${start}, ${stop}.`);
    this.#checkRow('linspace', count, this.checkDtype('linspace', dtype));
    const step = count > 1 ? (stop - start) / (count - 1) : 0;
    return this.#place(stepped(start, step, count, dtype), [count], dtype);
  }

  /** Ones on diagonal k of [rows, columns]. */
  eye(rows: number, columns = rows, k = 0, dtype: Dtype = 'float32'): NDArray {
    return this.#diagonal('eye', 'equal', rows, columns, k, dtype);
  }

  /** Ones on diagonal k of [rows, columns] and below. */
  tri(rows: number, columns = rows, k = 0, dtype: Dtype = 'float32'): NDArray {
    return this.#diagonal('tri', 'less_equal', rows, columns, k, dtype);
  }

  /** A key of random numbers: the same seed gives the same numbers on every machine. */
  key(seed: number): NDArray {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new UserError(`key: a seed is a whole number of 0 to 2^53 - 1; received ${seed}.`);
    return this.#place(Uint32Array.of(seed % 2 ** 32, Math.floor(seed / 2 ** 32), 0, 0), [4], 'uint32');
  }

  /** The packed values of a buffer of the same device, where they lie: no copy, and the buffer stays the caller's. */
  wrap(buffer: GPUBuffer, shape: Shape, dtype: Dtype): NDArray {
    this.checkOpen();
    const { buffers, name } = this.executor;
    if (buffers === undefined)
      throw new UserError(`wrap: the ${name} executor takes no GPUBuffer: open arrays on WebGPU.`);
    checkShape('wrap', shape);
    this.checkDtype('wrap', dtype);
    return this.adopt(make.leaf(shape, dtype, buffers.wrap(buffer, dtype, shape)));
  }

  /** Computes arrays now, also those in lists and objects, together: nothing is read. */
  async realize(...trees: readonly unknown[]): Promise<void> {
    const { arrays } = flatten(trees);
    await this.settle(
      arrays.map((array) => this.nodeOf('realize', array)),
      'realize',
    );
  }

  /** Frees what `fn` makes as soon as it is done, but for the arrays that it returns, also in lists and objects. */
  scope<T>(fn: () => T): T;
  /** Until the end of the scope, for `using`. */
  scope(): ArrayScope;
  scope<T>(fn?: () => T): T | ArrayScope {
    const { ledger } = this;
    const scope = ledger.open();
    const kept = new Set<NDArray['claim']>();
    const keep = <U>(tree: U): U => {
      for (const { claim } of flatten(tree).arrays) kept.add(claim);
      return tree;
    };
    const close = (): void => {
      ledger.close(scope, kept);
    };
    if (fn === undefined) return { keep, [Symbol.dispose]: close };
    let result: T;
    try {
      result = fn();
    } catch (error) {
      close();
      throw error;
    }
    if (result instanceof Promise) return result.then(keep).finally(close) as T;
    keep(result);
    close();
    return result;
  }

  /** Records what `fn` does once for each combination of formats and shapes, and then only replays it. */
  compile<A extends readonly unknown[], R>(fn: (...args: A) => R): Compiled<A, R> {
    return compiled(this, fn);
  }

  /**
   * Measures which kernels of products are fastest on the adapter, in half a minute; what is computed from then on takes them, also what was compiled before, and
   * `tunings` keep them. No bit changes. On the CPU, and where it was done before, nothing is measured.
   *
   * @throws the signal's reason.
   */
  async tune(signal?: AbortSignal, options: TuneOptions = {}): Promise<void> {
    checkSignal(signal);
    const { whenIdle = false, anew } = optionsOf('tune', options, ['whenIdle', 'anew']);
    await this.executor.tune?.(signal, { anew, pause: whenIdle ? idle : undefined });
  }

  memory(): ArraysMemory {
    return { ...this.executor.memory, arrays: this.ledger.count, peakArrays: this.ledger.peak };
  }

  get counts(): ExecutorCounts {
    return this.executor.counts;
  }

  #place(codes: CodeArray, shape: Shape, dtype: Dtype): NDArray {
    this.checkOpen();
    this.checkRoom('array', { shape, dtype, size: sizeOf(shape) });
    return this.adopt(make.leaf(shape, dtype, this.executor.place(codes, dtype, shape)));
  }

  /** Before anything is made of so many values: there may be more than a machine holds. */
  #checkRow(op: string, count: number, dtype: Dtype): void {
    const shape = checkShape(op, [count]);
    this.checkRoom(op, { shape, dtype, size: count });
  }

  #diagonal(
    op: string,
    fn: 'equal' | 'less_equal',
    rows: number,
    columns: number,
    k: number,
    dtype: Dtype,
  ): NDArray {
    checkShape(op, [rows, columns]);
    countOf(op, 'k', k, Number.MIN_SAFE_INTEGER);
    // Diagonals outside are all alike: int32 holds the nearest.
    const near = Math.min(Math.max(k, -rows), columns);
    return this.adopt(diagonal(fn, rows, columns, near, this.checkDtype(op, dtype)));
  }

  #full(op: string, extents: Shape | number, value: number, dtype: Dtype): NDArray {
    const shape = checkShape(op, extents);
    this.checkDtype(op, dtype);
    if (FORMATS[dtype].kind === 'integer') integerCode(op, dtype, value);
    return this.adopt(make.fill(shape, dtype, value));
  }
}
