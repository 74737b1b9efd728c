/** Values of the host as codes of a format, and the nodes of what is made of nothing. */
import { codeArray, encodeArray, FORMATS, UserError, type CodeArray, type Dtype } from '../../numerics';
import { make, sizeOf, type Node, type Shape } from '../graph';
import { flattened, type Nested } from './nested';
import { textOf } from './options';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Bit patterns instead of values. */
export interface Codes {
  readonly codes: CodeArray;
}

export type Data = Nested | TypedArray | Codes;

/** The format of a typed array's elements; doubles are rounded once to float32. */
const DTYPE_OF: Readonly<Record<string, Dtype>> = {
  Float32Array: 'float32',
  Float64Array: 'float32',
  Int8Array: 'int8',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  Int32Array: 'int32',
  Uint32Array: 'uint32',
};

export interface Given {
  readonly codes: CodeArray;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

const isTyped = (data: unknown): data is TypedArray =>
  ArrayBuffer.isView(data) &&
  !(data instanceof DataView || data instanceof BigInt64Array || data instanceof BigUint64Array);

const isCodes = (data: unknown): data is Codes =>
  typeof data === 'object' && data !== null && 'codes' in data && isTyped(data.codes);

/** Copies what the caller may change later. @throws UserError for what is no number, or does not fit the format or the shape. */
export function given(data: Data, dtype: Dtype | undefined, shape: Shape | undefined): Given {
  if (isCodes(data)) {
    if (dtype === undefined) throw new UserError('array: codes need a dtype.');
    const empty = codeArray(dtype, 0);
    if (data.codes.constructor !== empty.constructor)
      throw new UserError(
        `array: codes of ${dtype} are a ${empty.constructor.name}; received a ${data.codes.constructor.name}.`,
      );
    return { codes: data.codes.slice(), dtype, shape: fitting(data.codes.length, shape) };
  }
  if (isTyped(data)) {
    const format = dtype ?? DTYPE_OF[data.constructor.name] ?? 'float32';
    return { codes: encoded(format, data), dtype: format, shape: fitting(data.length, shape) };
  }
  if (ArrayBuffer.isView(data))
    throw new UserError(
      `array: a ${(data as ArrayBufferView).constructor.name} is no array of numbers: make one, as Int32Array.from(data, Number).`,
    );
  const list = flattened('array', data);
  const format = dtype ?? 'float32';
  const own = shape === undefined ? list.shape : fitting(list.values.length, shape);
  return { codes: encoded(format, list.values), dtype: format, shape: own };
}

function fitting(length: number, given: Shape | undefined): Shape {
  if (given === undefined) return [length];
  const shape = checkShape('array', given);
  if (sizeOf(shape) !== length)
    throw new UserError(`array: ${length} elements do not fill shape [${shape.join(', ')}].`);
  return shape;
}

/** A number is the extent of one axis. @throws UserError for what is neither that nor a list. */
export function shapeList(op: string, shape: Shape | number): Shape {
  if (typeof shape === 'number') return [shape];
  if (Array.isArray(shape)) return shape as Shape;
  throw new UserError(
    `${op}: a shape is a list of whole numbers, or one of them; received ${textOf(shape)}.`,
  );
}

/** @throws UserError for a shape that no array can have. */
export function checkShape(op: string, extents: Shape | number): Shape {
  const shape = shapeList(op, extents);
  const bad = shape.find((extent) => !Number.isSafeInteger(extent) || extent < 0);
  if (bad !== undefined)
    throw new UserError(`${op}: extents are whole numbers of at least 0; received [${shape.join(', ')}].`);
  if (!Number.isSafeInteger(sizeOf(shape)))
    throw new UserError(`${op}: shape [${shape.join(', ')}] has more elements than can be counted.`);
  return [...shape];
}

/** To nearest even, after float32; integer formats take whole numbers of their range alone. */
function encoded(dtype: Dtype, values: ArrayLike<number>): CodeArray {
  const { kind } = FORMATS[dtype];
  if (kind !== 'integer') return encodeArray(dtype, Float32Array.from(values));
  const codes = codeArray(dtype, values.length);
  for (let i = 0; i < values.length; i++) codes[i] = integerCode('array', dtype, values[i] ?? 0);
  return codes;
}

export function integerCode(op: string, dtype: Dtype, value: number): number {
  requireInteger(op, dtype, value);
  return value; // arrays of codes wrap negative ones
}

/** @throws UserError where an integer format does not hold the value. */
export function requireInteger(op: string, dtype: Dtype, value: number): void {
  const { signed, maxFinite } = FORMATS[dtype];
  const least = signed ? -maxFinite - 1 : 0;
  if (!Number.isInteger(value) || value < least || value > maxFinite)
    throw new UserError(
      `${op}: ${dtype} holds whole numbers of ${least} to ${maxFinite}; received ${value}.`,
    );
}

/** 1 where column - row equals k, or does not exceed it. */
export function diagonal(
  fn: 'equal' | 'less_equal',
  rows: number,
  columns: number,
  k: number,
  dtype: Dtype,
): Node {
  const shape = [rows, columns];
  const shifted = make.map('add', [make.iota(shape, 0), make.fill(shape, 'int32', k)], 'int32');
  return make.map(fn, [make.iota(shape, 1), shifted], dtype);
}

/** Values start + i step, each rounded once. */
export function stepped(start: number, step: number, count: number, dtype: Dtype): CodeArray {
  return encoded(
    dtype,
    Float64Array.from({ length: count }, (_, i) => start + i * step),
  );
}
