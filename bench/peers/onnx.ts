/**
 * An ONNX model of one MatMul, c[M, N] = a[M, K] b[K, N] in float32 with symbolic extents: 100 bytes, too few for a library. Field
 * numbers are those of onnx.proto3 (IR version 8, operator set 17); the encoding is protobuf's: a key of number x 8 + wire
 * type (0 integer, 2 length and bytes), then the value. Lengths and integers here stay below 128, one byte each.
 */

const FLOAT = 1; // TensorProto.DataType

export function matmulModel(): Uint8Array {
  const node = [...text(1, 'a'), ...text(1, 'b'), ...text(2, 'c'), ...text(4, 'MatMul')];
  const graph = [
    ...message(1, node),
    ...text(2, 'matmul'),
    ...message(11, tensor('a', 'M', 'K')),
    ...message(11, tensor('b', 'K', 'N')),
    ...message(12, tensor('c', 'M', 'N')),
  ];
  return Uint8Array.from([...integer(1, 8), ...message(7, graph), ...message(8, integer(2, 17))]);
}

/** ValueInfoProto: a name, and a type of an element type and a shape of symbolic extents. */
function tensor(name: string, rows: string, columns: string): number[] {
  const shape = [rows, columns].flatMap((extent) => message(1, text(2, extent)));
  return [...text(1, name), ...message(2, message(1, [...integer(1, FLOAT), ...message(2, shape)]))];
}

function message(field: number, body: readonly number[]): number[] {
  if (body.length > 127) throw new Error(`Invariant violation: ${body.length} bytes need a longer length`);
  return [field * 8 + 2, body.length, ...body];
}

const text = (field: number, value: string): number[] => message(field, [...new TextEncoder().encode(value)]);

const integer = (field: number, value: number): number[] => [field * 8, value];
