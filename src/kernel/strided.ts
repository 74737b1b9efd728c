/* eslint-disable @typescript-eslint/unbound-method -- methods are named, not called: the stack of an error is cut at them */
/**
 * What views of HBM and of on-chip tensors have in common: which elements of a tensor an operand takes, as the author sees
 * them, with a shape. Every method gives a new view of the same memory and copies nothing (NKI 0.6, NkiTensor). On chip
 * dimension 0 is the partitions: it can be cut to a contiguous part, and nothing else.
 */
import { UserError } from '../numerics';
import type { Dtype } from '../numerics';
import { bytesOf } from '../program';
import type { Dim, RegisterTerm } from '../program';
import { recounted, reshaped } from './dims';
import type { Callee } from './locations';
import { cutOf, type Range } from './ranges';
import { Affine, type Index } from './register';

/** What a view needs of the trace that it belongs to. */
export interface ViewOwner {
  /** Counts the view and gives errors their place: where `callee` was called. */
  view<T>(call: string, callee: Callee, work: () => T): T;
}

export interface Access {
  readonly dtype: Dtype;
  /** Elements from the start of the tensor, or of each of its partitions. */
  readonly offset: number;
  /** Without the partitions. */
  readonly dims: readonly Dim[];
  readonly registers: readonly RegisterTerm[];
  /** First partition, counted on the chip, and how many: of on-chip tensors. */
  readonly partition: number;
  readonly partitions: number;
}

export const list = (values: readonly unknown[]) => `[${values.map(String).join(', ')}]`;
const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);

export abstract class Strided<V> {
  readonly owner: ViewOwner;
  readonly access: Access;

  constructor(owner: ViewOwner, access: Access) {
    this.owner = owner;
    this.access = access;
  }

  get dtype(): Dtype {
    return this.access.dtype;
  }

  /** Extents, on chip with the partitions first. */
  abstract get shape(): readonly number[];
  /** 1 where dimension 0 is the partitions, which are not among the dims. */
  protected abstract readonly lead: 0 | 1;
  protected abstract with(change: Partial<Access>): V;

  get elements(): number {
    return product(this.shape);
  }

  /**
   * Part of each dimension; dimensions that are not named stay whole. A position removes its dimension, but an on-chip view
   * keeps dimension 0 with one partition, and every view keeps one free dimension.
   */
  slice(...ranges: readonly Range[]): V {
    return this.derive('slice', this.slice, () => this.cut(ranges));
  }

  /** One position of a dimension, which is removed. */
  select(axis: number, position: Index): V {
    return this.derive('select', this.select, () => {
      this.requireAxis(axis);
      return this.cut(this.shape.map((_, index) => (index === axis ? position : 'all')));
    });
  }

  /** Dimensions in another order. */
  permute(...axes: readonly number[]): V {
    return this.derive('permute', this.permute, () => {
      requireSpread('permute', axes);
      const { rank, lead } = this;
      const sorted = [...axes].sort((a, b) => a - b);
      if (axes.length !== rank || sorted.some((axis, index) => axis !== index)) {
        throw new UserError(`permute takes each of 0..${rank - 1} once, received ${list(axes)}.`);
      }
      if (lead === 1 && axes[0] !== 0) {
        throw new UserError(
          `on chip dimension 0 is the partitions and stays first, received ${list(axes)}: nc_transpose or dma_transpose moves data across partitions.`,
        );
      }
      return this.with({ dims: axes.slice(lead).map((axis) => this.dim(axis)) });
    });
  }

  /** A dimension of one element, read `count` times: stride 0. */
  broadcast(axis: number, count: number): V {
    return this.derive('broadcast', this.broadcast, () => {
      this.requireFreeAxis(axis);
      const [, extent] = this.dim(axis);
      if (extent !== 1) {
        throw new UserError(`dimension ${axis} must have 1 element to be broadcast, received ${extent}.`);
      }
      if (!Number.isSafeInteger(count) || count < 1) {
        throw new UserError(`count must be a whole number of at least 1, received ${String(count)}.`);
      }
      return this.replaced(axis, 1, [[0, count]]);
    });
  }

  /** With a dimension of one element before dimension `axis`, or after the last. */
  expand(axis: number): V {
    return this.derive('expand', this.expand, () => {
      if (axis !== this.rank) this.requireFreeAxis(axis);
      return this.replaced(axis, 0, [[1, 1]]);
    });
  }

  /** Without dimension `axis`, which has one element. */
  squeeze(axis: number): V {
    return this.derive('squeeze', this.squeeze, () => {
      this.requireFreeAxis(axis);
      const [, extent] = this.dim(axis);
      if (extent !== 1) throw new UserError(`dimension ${axis} must have 1 element, received ${extent}.`);
      if (this.access.dims.length === 1) throw new UserError('a view keeps at least one free dimension.');
      return this.replaced(axis, 1, []);
    });
  }

  /** The same elements in the same order in another shape; on chip the partitions stay as they are. */
  reshape(...shape: readonly number[]): V {
    return this.derive('reshape', this.reshape, () => {
      requireSpread('reshape', shape);
      if (this.lead === 1 && shape[0] !== this.shape[0]) {
        throw new UserError(
          `on chip dimension 0 stays ${String(this.shape[0])} partitions, received ${list(shape)}.`,
        );
      }
      if (shape.length <= this.lead) throw new UserError('a view keeps at least one free dimension.');
      return this.with({ dims: this.recut(this.access.dims, shape.slice(this.lead)) });
    });
  }

  /** One dimension as several, outermost first. */
  split(axis: number, ...shape: readonly number[]): V {
    return this.derive('split', this.split, () => {
      requireSpread('split', shape);
      this.requireFreeAxis(axis);
      return this.replaced(axis, 1, this.recut([this.dim(axis)], shape));
    });
  }

  /** Dimensions `first` to `last` as one: all free dimensions when left out. */
  flatten(first: number = this.lead, last: number = this.rank - 1): V {
    return this.derive('flatten', this.flatten, () => {
      this.requireFreeAxis(first);
      this.requireFreeAxis(last);
      if (last < first) throw new UserError(`last must not be below first, received ${first} and ${last}.`);
      const dims = this.access.dims.slice(first - this.lead, last - this.lead + 1);
      return this.replaced(first, dims.length, this.recut(dims, [product(dims.map(([, count]) => count))]));
    });
  }

  /** The same bytes as elements of another format; the last dimension grows or shrinks where its size differs. */
  view(dtype: Dtype): V {
    return this.derive('view', this.view, () => {
      const [from, to] = [bytesOf(this.dtype), bytesOf(dtype)];
      const { offset, dims } = this.access;
      const read = recounted(offset, dims, from, to);
      if (typeof read === 'string') throw new UserError(read);
      const registers = this.access.registers.map(([name, stride]): RegisterTerm => [
        name,
        (stride * from) / to,
      ]);
      if (!registers.every(([, stride]) => Number.isInteger(stride))) {
        throw new UserError(`steps of registers must be multiples of ${to / from} elements.`);
      }
      return this.with({ dtype, ...read, registers });
    });
  }

  protected get rank(): number {
    return this.lead + this.access.dims.length;
  }

  protected derive<T>(call: string, callee: Callee, work: () => T): T {
    return this.owner.view(call, callee, work);
  }

  protected requireAxis(axis: number): void {
    if (Number.isSafeInteger(axis) && axis >= 0 && axis < this.rank) return;
    throw new UserError(
      `dimensions are 0..${this.rank - 1} of shape ${list(this.shape)}, received ${String(axis)}.`,
    );
  }

  protected requireFreeAxis(axis: number): void {
    this.requireAxis(axis);
    if (axis < this.lead)
      throw new UserError('on chip dimension 0 is the partitions: take a free dimension.');
  }

  private dim(axis: number): Dim {
    return this.access.dims[axis - this.lead] ?? [NaN, NaN];
  }

  private replaced(axis: number, count: number, dims: readonly Dim[]): V {
    const at = axis - this.lead;
    return this.with({
      dims: [...this.access.dims.slice(0, at), ...dims, ...this.access.dims.slice(at + count)],
    });
  }

  private recut(dims: readonly Dim[], shape: readonly number[]): readonly Dim[] {
    const extents = dims.map(([, count]) => count);
    if (
      !shape.every((count) => Number.isSafeInteger(count) && count >= 1) ||
      product(shape) !== product(extents)
    ) {
      throw new UserError(`shape must have ${product(extents)} elements, received ${list(shape)}.`);
    }
    const cut = reshaped(dims, shape);
    if (cut !== undefined) return cut;
    throw new UserError(
      `${list(extents)} with strides ${list(dims.map(([stride]) => stride))} has no view of shape ${list(shape)}: it would be a copy.`,
    );
  }

  private cut(ranges: readonly Range[]): V {
    const { rank, lead, shape } = this;
    if (ranges.length > rank) {
      throw new UserError(`at most ${rank} dimensions of shape ${list(shape)}, received ${ranges.length}.`);
    }
    const partitions = lead === 1 ? this.cutPartitions(ranges[0] ?? 'all') : {};
    let { offset } = this.access;
    const registers = [...this.access.registers];
    const dims: Dim[] = [];
    for (const [index, [stride, extent]] of this.access.dims.entries()) {
      const { start, count, step, single } = cutOf(ranges[index + lead] ?? 'all', index + lead, extent);
      if (start instanceof Affine) {
        offset += start.constant * stride;
        registers.push([start.register, start.factor * stride]);
      } else {
        offset += start * stride;
      }
      if (!single) dims.push([stride * step, count]);
    }
    if (dims.length === 0) dims.push([1, 1]);
    return this.with({ offset, dims, registers, ...partitions });
  }

  private cutPartitions(range: Range): Pick<Access, 'partition' | 'partitions'> {
    const { partition, partitions } = this.access;
    const { start, count, step } = cutOf(range, 0, partitions);
    if (typeof start === 'number' && step === 1) return { partition: partition + start, partitions: count };
    throw new UserError(
      'on chip dimension 0 takes contiguous partitions that are known now: no register and no step.',
    );
  }
}

/** @throws UserError for a list in the place of numbers, which untyped callers give. */
function requireSpread(call: string, given: readonly unknown[]): void {
  const [first] = given;
  if (!Array.isArray(first)) return;
  throw new UserError(`${call} takes numbers one by one: ${call}(${first.join(', ')}), received a list.`);
}
