/** [stride, count] lists, without knowing of what: joining, cutting anew, and reading as another format. */
import type { Dim } from '../program';

/**
 * The same elements in the same order in as few dims as can be: neighbours are joined where the outer one steps just past the
 * inner, to no more than `most` elements, and dims of one element are dropped.
 */
export function merged(dims: readonly Dim[], most = Infinity): readonly Dim[] {
  const result: Dim[] = [];
  for (const dim of dims) {
    const [stride, count] = dim;
    if (count === 1) continue;
    const outer = result.at(-1);
    if (outer !== undefined && outer[0] === stride * count && outer[1] * count <= most) {
      result[result.length - 1] = [stride, outer[1] * count];
    } else {
      result.push(dim);
    }
  }
  return result;
}

/** Dense, row-major. */
export function dense(shape: readonly number[]): readonly Dim[] {
  const dims: Dim[] = [];
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const count = shape[axis] ?? NaN;
    dims.unshift([stride, count]);
    stride *= count;
  }
  return dims;
}

/** The same elements in the same order as a shape of as many; undefined where no strides do that. */
export function reshaped(dims: readonly Dim[], shape: readonly number[]): readonly Dim[] | undefined {
  const runs = [...merged(dims)];
  const result: Dim[] = [];
  let [stride, left] = runs.pop() ?? [1, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const count = shape[axis] ?? NaN;
    if (left === 1 && count > 1) [stride, left] = runs.pop() ?? [1, 1];
    if (left % count !== 0) return undefined;
    result.unshift([stride, count]);
    stride *= count;
    left /= count;
  }
  return result;
}

/** Offset, strides and innermost count of the same bytes in elements of another size, or why there are none. */
export function recounted(
  offset: number,
  dims: readonly Dim[],
  from: number,
  to: number,
): { readonly offset: number; readonly dims: readonly Dim[] } | string {
  if (from === to) return { offset, dims };
  const [stride, count] = dims.at(-1) ?? [1, 1];
  if (stride !== 1 && count !== 1) {
    return `the last dimension must be contiguous (stride 1) to be read as another size, received stride ${stride}.`;
  }
  const scale = (elements: number) => (elements * from) / to;
  // A dimension of one element never takes its step.
  const outer = dims.slice(0, -1).map(([step, steps]): Dim => [steps === 1 ? 1 : scale(step), steps]);
  const scaled = { offset: scale(offset), dims: [...outer, [1, scale(count)] as const] };
  const whole = [scaled.offset, scale(count), ...outer.map(([step]) => step)].every(Number.isInteger);
  if (whole) return scaled;
  const strides = dims.slice(0, -1).flatMap(([step, steps]) => (steps === 1 ? [] : [step]));
  return `offset, last dimension and strides must be multiples of ${to / from} elements, received offset ${offset}, ${count} elements, strides ${strides.join(', ') || 'none'}.`;
}
