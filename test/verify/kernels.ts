/** Input shapes for our own kernels. */
import type { InputSpec, Kernel } from '../../src/kernel';

type Size = 'one tile' | 'ragged' | 'small';

/** Shapes of each kernel's inputs, by the names of its inputs. */
const SHAPES: Readonly<Record<string, Readonly<Record<Size, readonly (readonly number[])[]>>>> = {
  'lhsT rhs': { 'one tile': [[64, 96], [64, 200]], ragged: [[300, 200], [300, 1100]], small: [[144, 136], [144, 520]] },
  x: { 'one tile': [[128, 96]], ragged: [[300, 200]], small: [[140, 136]] },
  'x gain': { 'one tile': [[128, 96], [1, 96]], ragged: [[300, 200], [1, 200]], small: [[140, 24], [1, 24]] },
}; // prettier-ignore

/** A single tile is all that matmul_tile takes. */
export function inputsFor(kernel: Kernel, size: Size): Record<string, InputSpec> {
  const dtype = size === 'small' ? 'float32' : 'bfloat16';
  const shapes = SHAPES[kernel.inputs.join(' ')]?.[kernel.name === 'matmul_tile' ? 'one tile' : size];
  if (shapes === undefined) throw new Error(`no shapes for the inputs of ${kernel.name}`);
  const specs = kernel.inputs.map((name, index) => [name, { shape: shapes[index] ?? [], dtype }] as const);
  return Object.fromEntries(specs);
}
