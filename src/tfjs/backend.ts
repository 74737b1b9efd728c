/**
 * A backend of tfjs on graphs: tensors are nodes, kernels record, and reading computes. The host's copies, of what was written and
 * of what was read, are kept, so that kernels whose shapes hang on values can ask for them at once.
 */
import {
  backend_util,
  DataStorage,
  engine,
  KernelBackend,
  util,
  type BackendTimingInfo,
  type BackendValues,
  type DataId,
  type DataType,
  type GPUData,
  type Tensor,
  type WebGLData,
  type WebGPUData,
} from '@tensorflow/tfjs-core';
import { UserError, type CodeArray } from '../numerics';
import type { Executor } from '../tensor/executor';
import { make, sizeOf, type Node, type Shape } from '../tensor/graph';
import { telling } from '../tensor/array/lost';
import { isUnsettled, MOST_UNSETTLED, Settling } from '../tensor/array/settling';
import { evaluate, outsideError } from '../tensor/reference';
import { fromBuffer, inBuffer, toBuffer } from './device-data';
import {
  formatOf,
  fromCodes,
  isReal,
  isStrings,
  toCodes,
  type FloatFormat,
  type HostValues,
  type RealType,
} from './values';

/** What one data id stands for. */
interface Entry {
  readonly dtype: DataType;
  refCount: number;
  /** One, or the real and the imaginary part of complex64, or none of strings. Each is held. */
  readonly parts: readonly Node[];
  readonly strings: Uint8Array[];
  /** The same as `dataToGPU` gives it, once `compute` has asked for it. Held. */
  shown?: Node;
}

export class SystoleBackend extends KernelBackend {
  readonly executor: Executor;
  readonly float: FloatFormat;
  readonly #data: DataStorage<Entry>;
  /** Those of the storage, which cannot be listed. */
  readonly #entries = new Set<Entry>();
  readonly #settling: Settling;
  /** What was computed on the host because it was asked for at once. */
  readonly #evaluated = new WeakMap<Node, CodeArray>();
  /** How young nodes may become before what is recorded is computed without being read. */
  #nextFlush = MOST_UNSETTLED;

  /** @param executor is shared: tfjs makes backends anew whenever its engine is reset. */
  constructor(executor: Executor, float: FloatFormat = 'float32') {
    super();
    this.executor = executor;
    this.float = float;
    this.#data = new DataStorage(this, engine());
    this.#settling = new Settling(executor, { nodes: () => this.#nodes() });
  }

  override write(values: BackendValues, shape: Shape, dtype: DataType): DataId {
    const dataId = {};
    this.#set(dataId, dtype, values, shape, 1);
    return dataId;
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: Shape,
    dtype: DataType,
    refCount: number,
  ): void {
    this.#set(dataId, dtype, values, shape, refCount);
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    const { dtype, parts, strings } = this.#data.get(dataId);
    if (dtype === 'string') return strings;
    for (const part of parts) part.hold(); // it may be disposed meanwhile
    try {
      await this.#settling.settle(parts.filter((part) => this.#known(part) === undefined));
      const codes = parts.map(async (part) => this.#known(part) ?? (await this.executor.read(part)));
      return this.#joined(dtype, await Promise.all(codes));
    } catch (error) {
      throw telling(error, this.#nodes());
    } finally {
      for (const part of parts) part.drop();
    }
  }

  /** @throws UserError where a value that it hangs on is on the device alone. */
  override readSync(dataId: DataId): BackendValues {
    const { dtype, parts, strings } = this.#data.get(dataId);
    return dtype === 'string'
      ? strings
      : this.#joined(
          dtype,
          parts.map((part) => this.#now(part)),
        );
  }

  /** A tensor of a buffer of this backend's device. @throws UserError for a texture, and where nothing runs on WebGPU. */
  override createTensorFromGPUData(values: WebGLData | WebGPUData, shape: number[], dtype: DataType): Tensor {
    const real = dtype === 'int32' ? 'int32' : 'float32';
    const node = fromBuffer(this.executor, values, shape, real);
    return this.#tensor(real, make.cast(node, formatOf(real, this.float)), shape);
  }

  /** A copy on the device, and a tensor whose disposal gives it back. @throws UserError where its values are yet to be computed. */
  override readToGPU(dataId: DataId): GPUData {
    const { dtype, parts, shown } = this.#data.get(dataId);
    const node = shown ?? inBuffer(dtype, parts);
    const { buffer, copy } = toBuffer(this.executor, node, dtype);
    return { buffer, tensorRef: this.#tensor(dtype === 'float32' ? dtype : 'int32', copy, [...node.shape]) };
  }

  /** Computes values as `readToGPU` gives them. */
  async compute(dataId: DataId): Promise<void> {
    const entry = this.#data.get(dataId);
    entry.shown ??= inBuffer(entry.dtype, entry.parts).hold();
    const { shown } = entry;
    shown.hold(); // it may be disposed meanwhile
    try {
      await this.#settling.settle([shown]);
    } finally {
      shown.drop();
    }
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const entry = this.#data.get(dataId);
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    this.#data.delete(dataId);
    this.#entries.delete(entry);
    drop(entry);
    return true;
  }

  override refCount(dataId: DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).refCount : 0;
  }

  override incRef(dataId: DataId): void {
    this.#data.get(dataId).refCount++;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override memory(): { unreliable: boolean; numBytesInDevice: number; numBytesInDevicePooled: number } {
    const { live, pooled } = this.executor.memory;
    return { unreliable: false, numBytesInDevice: live, numBytesInDevicePooled: pooled };
  }

  /** How long it takes to record what the function calls, and to compute it. */
  override async time(fn: () => void): Promise<BackendTimingInfo> {
    const start = util.now();
    fn();
    await this.#settling.settle([...this.#nodes()]);
    return { kernelMs: util.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return this.float === 'float32' ? 32 : 16;
  }

  override dispose(): void {
    for (const entry of this.#entries) drop(entry);
    this.#entries.clear();
  }

  /** The nodes of a data id, in the shape that the data were first given. */
  partsOf(dataId: DataId): readonly Node[] {
    return this.#data.get(dataId).parts;
  }

  /** A data id for nodes of the formats that `formatOf` gives. */
  adopt(dtype: DataType, parts: readonly Node[]): DataId {
    const dataId = {};
    this.#keep(dataId, { dtype, refCount: 1, parts, strings: [] });
    const youngest = parts.reduce((most, { id }) => Math.max(most, id), 0);
    if (youngest >= this.#nextFlush) this.#flush(youngest);
    return dataId;
  }

  /** A leaf of values on the host. */
  leaf(values: ArrayLike<number>, dtype: RealType, shape: Shape): Node {
    const format = formatOf(dtype, this.float);
    const codes = toCodes(values, dtype, this.float);
    if (codes.length !== sizeOf(shape))
      throw new UserError(
        `A tensor of [${shape.join()}] has ${sizeOf(shape)} values; received ${codes.length}.`,
      );
    return make.leaf([...shape], format, this.executor.place(codes, format, shape));
  }

  #tensor(dtype: RealType, node: Node, shape: number[]): Tensor {
    return engine().makeTensorFromTensorInfo({ dataId: this.adopt(dtype, [node]), shape, dtype }, this);
  }

  *#nodes(): Iterable<Node> {
    for (const { parts } of this.#entries) yield* parts;
  }

  #set(dataId: DataId, dtype: DataType, values: BackendValues, shape: Shape, refCount: number): void {
    if (dtype === 'string' || isStrings(values)) {
      this.#keep(dataId, { dtype, refCount, parts: [], strings: isStrings(values) ? values : [] });
      return;
    }
    const split =
      dtype === 'complex64' ? backend_util.splitRealAndImagArrays(Float32Array.from(values)) : undefined;
    const parts = split === undefined ? [values] : [split.real, split.imag];
    const real = isReal(dtype) ? dtype : 'float32';
    this.#keep(dataId, {
      dtype,
      refCount,
      parts: parts.map((part) => this.leaf(part, real, shape)),
      strings: [],
    });
  }

  #keep(dataId: DataId, entry: Entry): void {
    for (const part of entry.parts) part.claim();
    this.#data.set(dataId, entry);
    this.#entries.add(entry);
  }

  /** A program that reads nothing would record without end. What fails now fails again when it is read, and is told then. */
  #flush(youngest: number): void {
    this.#nextFlush = youngest + MOST_UNSETTLED;
    this.#settling.settle([...this.#nodes()].filter(isUnsettled)).catch(() => undefined);
  }

  #joined(dtype: DataType, codes: readonly CodeArray[]): HostValues {
    const real = isReal(dtype) ? dtype : 'float32';
    const [first = new Float32Array(), second] = codes.map((each) => fromCodes(each, real, this.float));
    return first instanceof Float32Array && second instanceof Float32Array
      ? new Float32Array(backend_util.mergeRealAndImagArrays(first, second))
      : first;
  }

  /** What the host has of it. */
  #known(node: Node): CodeArray | undefined {
    if (node.stored?.fault !== undefined) throw outsideError(node.stored.fault);
    return node.stored?.codes ?? this.#evaluated.get(node);
  }

  #now(node: Node): CodeArray {
    const known = this.#known(node);
    if (known !== undefined) return known;
    const codes = evaluate(node, { chip: this.executor.chip });
    this.#evaluated.set(node, codes);
    return codes;
  }
}

function drop({ parts, shown }: Entry): void {
  for (const part of parts) part.drop();
  shown?.drop();
}
