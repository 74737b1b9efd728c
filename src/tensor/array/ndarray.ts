/**
 * An array: a handle on a node of the graph. Calls record; nothing is computed until values are asked for. `ArrayContext` is what
 * an array needs of the context that it belongs to, and what the functions of arrays need of it.
 */
import { CHIPS, dtypeProblem, type ChipName } from '../../chip';
import { bitsOf, decodeArray, UserError, type CodeArray, type Dtype } from '../../numerics';
import type { Executor } from '../executor';
import { sizeOf, type Node, type Shape } from '../graph';
import { Ledger, type Claim } from './ledger';
import { telling } from './lost';
import { listText, nested, type Nested } from './nested';
import { Settling } from './settling';

/** Values of elements: exact ones, float32 but for integers of 32 bits. */
export type Values = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** What is to be done about an array whose claim has ended. */
const INSTEAD = {
  disposed: 'keep it with keep() or return it from its scope',
  'freed at the end of its scope': 'keep it with keep() or return it from its scope',
  'closed with its context': 'open another with openArrays(), and make it anew there',
} as const satisfies Record<NonNullable<Claim['ended']>, string>;

export class NDArray {
  readonly arrays: ArrayContext;
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly #claim: Claim;

  /** Functions of arrays call `ArrayContext.adopt`. */
  constructor(arrays: ArrayContext, node: Node) {
    this.arrays = arrays;
    this.shape = node.shape;
    this.dtype = node.dtype;
    this.#claim = arrays.ledger.claim(this, node);
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get ndim(): number {
    return this.shape.length;
  }

  /** @throws UserError after `dispose`. */
  get node(): Node {
    return this.nodeFor('node');
  }

  get disposed(): boolean {
    return this.#claim.ended !== undefined;
  }

  /** Its claim in the ledger of its context, for scopes. */
  get claim(): Claim {
    return this.#claim;
  }

  /** @throws UserError after `dispose`: it names what was called. */
  nodeFor(op: string): Node {
    const { node, ended } = this.#claim;
    if (ended === undefined) return node;
    throw new UserError(`${op}: the array ${describe(this)} was ${ended}: ${INSTEAD[ended]}.`);
  }

  /** Gives back what only this array needs. A second time does nothing. */
  dispose(): void {
    this.arrays.ledger.end(this.#claim, 'disposed');
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Row-major: `Int32Array` and `Uint32Array` of int32 and uint32, else `Float32Array`. */
  async data(): Promise<Values> {
    const codes = await this.arrays.read(this.nodeFor('data'), 'data');
    if (this.dtype === 'int32') return new Int32Array(codes.slice().buffer);
    if (this.dtype === 'uint32') return new Uint32Array(codes);
    return decodeArray(this.dtype, codes);
  }

  /** Bit patterns, row-major. */
  async codes(): Promise<CodeArray> {
    return (await this.arrays.read(this.nodeFor('codes'), 'codes')).slice();
  }

  /** The value of an array of one element. */
  async item(): Promise<number> {
    if (this.size !== 1) throw new UserError(`item: ${describe(this)} has ${this.size} elements, not one.`);
    return (await this.data())[0] ?? NaN;
  }

  /** Values as lists of lists; a number where there are no axes. */
  async tolist(): Promise<Nested> {
    return nested(this.shape, await this.data());
  }

  /** Values as text, long axes cut short. */
  async text(): Promise<string> {
    return listText(this.shape, await this.data());
  }

  /**
   * The buffer of the device in which the packed values lie: no copy. It is good until the array is disposed; writing to it is
   * the caller's own risk.
   */
  async buffer(): Promise<GPUBuffer> {
    const { buffers, name } = this.arrays.executor;
    if (buffers === undefined)
      throw new UserError(`buffer: the ${name} executor has no GPUBuffer: open arrays on WebGPU.`);
    const node = this.nodeFor('buffer');
    await this.arrays.settle([node], 'buffer');
    return buffers.of(node);
  }

  toString(): string {
    return `NDArray ${describe(this)}`;
  }
}

/** As messages call an array: `float32[2, 3]`. */
export const describe = ({ dtype, shape }: { readonly dtype: Dtype; readonly shape: Shape }): string =>
  `${dtype}[${shape.join(', ')}]`;

/** Arrays of one context meet in functions; those of another are refused. */
export class ArrayContext {
  readonly executor: Executor;
  readonly ledger = new Ledger();
  readonly #settling: Settling;
  readonly #closeDevice: () => void;
  #closed = false;
  /** What records at the moment and therefore may not read. */
  #recording: string | undefined;

  /** @param closeDevice gives back the device, where it is not the caller's. */
  constructor(executor: Executor, closeDevice: () => void = () => undefined) {
    this.executor = executor;
    this.#closeDevice = closeDevice;
    this.#settling = new Settling(executor, this.ledger);
  }

  get chip(): ChipName {
    return this.executor.chip;
  }

  /** A new array of a node. @throws UserError after `close`. */
  adopt(node: Node): NDArray {
    this.checkOpen();
    return new NDArray(this, node);
  }

  /** The node of an array. @throws UserError for one of another context, or one that was disposed. */
  nodeOf(op: string, array: NDArray): Node {
    if (array.arrays !== this)
      throw new UserError(
        `${op}: ${describe(array)} belongs to arrays of another ${array.arrays.executor.device === this.executor.device ? 'context' : 'device'}: read it there and make it anew here.`,
      );
    return array.nodeFor(op);
  }

  /** @throws UserError where the chip has no such format. */
  checkDtype(op: string, dtype: Dtype): Dtype {
    const problem = dtypeProblem(CHIPS[this.chip], dtype);
    if (problem !== undefined) throw new UserError(`${op}: ${problem}`);
    return dtype;
  }

  /** Computes what has not been computed. */
  async settle(nodes: readonly Node[], op: string): Promise<void> {
    this.#check(op);
    for (const node of nodes) this.checkRoom(op, node);
    await this.telling(this.#settling.settle(nodes));
  }

  /** Where the device was lost, the error tells what went with it. */
  async telling<T>(action: Promise<T>): Promise<T> {
    try {
      return await action;
    } catch (error) {
      throw telling(error, this.ledger.nodes());
    }
  }

  /** The codes of a node, which may be kept by the executor: they are not to be written to. */
  async read(node: Node, op: string): Promise<CodeArray> {
    node.hold();
    try {
      await this.settle([node], op);
      return await this.telling(this.executor.read(node));
    } finally {
      node.drop();
    }
  }

  /** While `fn` runs nothing may be read. */
  whileRecording<T>(what: string, fn: () => T): T {
    const before = this.#recording;
    this.#recording = what;
    try {
      return fn();
    } finally {
      this.#recording = before;
    }
  }

  /** Frees everything, and the executor. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.ledger.endAll();
    this.executor.close();
    this.#closeDevice();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @throws UserError after `close`. */
  checkOpen(): void {
    if (this.#closed) throw new UserError('arrays: this context was closed: open another with openArrays().');
  }

  #check(op: string): void {
    if (this.#closed) throw new UserError(`${op}: these arrays were closed.`);
    if (this.#recording !== undefined)
      throw new UserError(
        `${op}: values cannot be read inside ${this.#recording}: return the array and read it outside.`,
      );
  }

  /** @throws UserError where one array would be larger than the adapter has room for. */
  checkRoom(op: string, node: Pick<Node, 'shape' | 'dtype' | 'size'>): void {
    const limits = this.executor.device?.limits;
    const most =
      limits === undefined ? 2 ** 32 : Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    const bytes = Math.ceil((node.size * bitsOf(node.dtype)) / 8);
    if (bytes > most)
      throw new UserError(
        `${op}: ${describe(node)} takes ${bytes} bytes; ${this.executor.name} has room for ${most} in one array.`,
      );
  }
}
