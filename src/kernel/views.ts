/* eslint-disable @typescript-eslint/unbound-method -- methods are named, not called: the stack of an error is cut at them */
/** Views of tensors in HBM and on chip, what each has of its own, and the access patterns that they become. */
import { requireFields, UserError } from '../numerics';
import type { Dtype } from '../numerics';
import { boundsProblem } from '../program';
import type { ChipPattern, Dim, HbmPattern, HbmTensor, PsumTensor, SbufTensor } from '../program';
import { merged } from './dims';
import { list, Strided, type Access, type ViewOwner } from './strided';

/**
 * How a pattern shows the dims of its view: 'joined' into as few as can be, as the author wrote them, or joined on either side
 * of a boundary, the number of free dimensions before it, where an instruction asks for one.
 */
export type Joining = 'joined' | 'written' | number;

const FURTHER = 'a view with an index has no further views: take slices first and the index last.';

/** Sizes of a free dimension in a pattern of an engine are 16 bits. */
const MOST = 0xffff;

/** Where elements of an HBM view are found by indices: those of the index, times `stride` elements of the tensor. */
export interface Indirection {
  readonly index: ChipView;
  readonly stride: number;
}

export interface ApOptions {
  /** In elements from the start of the tensor, or of each of its partitions; the view's own when left out. */
  readonly offset?: number | undefined;
  /** The format in which offset and strides count; the view's own when left out. */
  readonly dtype?: Dtype | undefined;
}

export interface ChipApOptions extends ApOptions {
  /** First partition, counted on the chip, and how many; the view's own when left out. */
  readonly partition?: number | undefined;
  readonly partitions?: number | undefined;
}

/** Elements of a tensor in HBM. */
export class HbmView extends Strided<HbmView> {
  readonly space = 'hbm';
  readonly tensor: HbmTensor;
  readonly indirection: Indirection | undefined;
  protected readonly lead = 0;

  constructor(owner: ViewOwner, tensor: HbmTensor, access: Access, indirection?: Indirection) {
    super(owner, access);
    this.tensor = tensor;
    this.indirection = indirection;
  }

  get shape(): readonly number[] {
    return this.access.dims.map(([, count]) => count);
  }

  /**
   * The positions of dimension 0 that an index in SBUF names, one for each of its elements, for DMA. As a destination it
   * scatters. Take all other views first.
   */
  indirect(index: ChipView): HbmView {
    return this.derive('indirect', this.indirect, () => {
      const [first, ...rest] = this.access.dims;
      requireIndex(index);
      // The step of dimension 0 is the index's; one of 0 keeps the pattern inside the tensor, however many indices there are.
      return this.indexed({ index, stride: first?.[0] ?? NaN }, [[0, index.elements], ...rest]);
    });
  }

  /** This view moved along a dimension by the one element of an index in SBUF, for DMA. Take all other views first. */
  offsetBy(axis: number, index: ChipView): HbmView {
    return this.derive('offsetBy', this.offsetBy, () => {
      const { dims } = this.access;
      this.requireAxis(axis);
      requireIndex(index);
      if (index.elements === 1) return this.indexed({ index, stride: dims[axis]?.[0] ?? NaN }, dims);
      throw new UserError(`index must have 1 element, received shape ${list(index.shape)}: use indirect.`);
    });
  }

  /** The elements that [stride, count] of each dimension step through, from the tensor's element `offset`. */
  ap(pattern: readonly Dim[], options: ApOptions = {}): HbmView {
    return this.derive('ap', this.ap, () => {
      requireFields('ap', options, ['offset', 'dtype']);
      const { offset = this.access.offset, dtype = this.dtype } = options;
      requireDims(pattern);
      return this.with({ dtype, offset, dims: pattern }).inside();
    });
  }

  /** As an operand has it. */
  pattern(joining: Joining): HbmPattern {
    const { dtype, offset, dims, registers } = this.access;
    // Indices replace the steps of the outermost dimension: it stays by itself.
    const kept = this.indirection !== undefined && joining === 'joined' ? 1 : joining;
    const pattern: HbmPattern = {
      space: 'hbm',
      tensor: this.tensor.name,
      dtype,
      offset,
      dims: joinedDims(dims, kept, Infinity),
    };
    return registers.length === 0 ? pattern : { ...pattern, registers };
  }

  protected with(change: Partial<Access>): HbmView {
    if (this.indirection === undefined) {
      return new HbmView(this.owner, this.tensor, { ...this.access, ...change });
    }
    throw new UserError(FURTHER);
  }

  private indexed(indirection: Indirection, dims: readonly Dim[]): HbmView {
    if (this.indirection !== undefined) throw new UserError('this view has an index already, and takes one.');
    return new HbmView(this.owner, this.tensor, { ...this.access, dims }, indirection);
  }

  private inside(): this {
    const problem = boundsProblem(this.pattern('written'), this.tensor);
    if (problem !== undefined) throw new UserError(problem);
    return this;
  }
}

/** Elements of a tensor in SBUF or PSUM: the same of each of some partitions. */
export class ChipView extends Strided<ChipView> {
  readonly space: 'sbuf' | 'psum';
  /** Its address or bank is known when the kernel is done. */
  readonly tensor: SbufTensor | PsumTensor;
  /** What chooses its elements, where that is not known before a run. */
  readonly index: ChipView | undefined;
  protected readonly lead = 1;
  #joined: ChipPattern | undefined;

  constructor(owner: ViewOwner, tensor: SbufTensor | PsumTensor, access: Access, index?: ChipView) {
    super(owner, access);
    this.space = tensor.space;
    this.tensor = tensor;
    this.index = index;
  }

  get shape(): readonly number[] {
    return [this.access.partitions, ...this.access.dims.map(([, count]) => count)];
  }

  /**
   * `elements` of each partition that an index in SBUF [partitions, K] names, for the compute engines of trn3; as a destination
   * it scatters. The index holds offsets in elements from this view's first, uint16, uint32 or int32: element i of a partition lies
   * where index[i mod G, floor(i / G)] of its group of G partitions says, G being 32 on the Tensor engine and else 16. All
   * elements of the index when left out. Take all other views first.
   */
  indirect(index: ChipView, elements?: number): ChipView {
    return this.derive('indirect', this.indirect, () => {
      requireIndex(index);
      if (this.index !== undefined) throw new UserError('this view has an index already, and takes one.');
      const dims = merged(this.access.dims, Infinity);
      if (dims.length > 1 || (dims[0]?.[0] ?? 1) !== 1) {
        throw new UserError(
          `an index counts elements that follow each other, received free dimensions [stride, count] ${list(dims.map(list))}: take a slice that is contiguous.`,
        );
      }
      const count = elements ?? index.elements;
      if (!Number.isSafeInteger(count) || count < 1) {
        throw new UserError(`elements must be a whole number of at least 1, received ${String(count)}.`);
      }
      return new ChipView(this.owner, this.tensor, { ...this.access, dims: [[0, count]] }, index);
    });
  }

  /**
   * The elements that [stride, count] of each free dimension step through in each of the partitions, from element `offset` of
   * the tensor's partition.
   */
  ap(pattern: readonly Dim[], options: ChipApOptions = {}): ChipView {
    return this.derive('ap', this.ap, () => {
      requireFields('ap', options, ['offset', 'dtype', 'partition', 'partitions']);
      const { offset = this.access.offset, dtype = this.dtype } = options;
      const { partition = this.access.partition, partitions = this.access.partitions } = options;
      requireDims(pattern);
      return this.with({ dtype, offset, dims: pattern, partition, partitions }).inside();
    });
  }

  /** As an operand has it. */
  pattern(joining: Joining): ChipPattern {
    if (joining !== 'joined') return this.patternOf(joining);
    this.#joined ??= this.patternOf(joining);
    return this.#joined;
  }

  protected with(change: Partial<Access>): ChipView {
    if (this.index === undefined) return new ChipView(this.owner, this.tensor, { ...this.access, ...change });
    throw new UserError(FURTHER);
  }

  private patternOf(joining: Joining): ChipPattern {
    const { dtype, partition, partitions, offset, dims, registers } = this.access;
    const pattern: ChipPattern = {
      space: this.space,
      tensor: this.tensor.name,
      dtype,
      partition,
      partitions,
      offset,
      dims: this.index === undefined ? joinedDims(dims, joining, MOST) : dims,
      ...(this.index !== undefined && { index: this.index.pattern('joined') }),
    };
    return registers.length === 0 ? pattern : { ...pattern, registers };
  }

  private inside(): this {
    const problem = boundsProblem(this.pattern('written'), this.tensor);
    if (problem !== undefined) throw new UserError(problem);
    return this;
  }
}

export type View = HbmView | ChipView;

const ONE: readonly Dim[] = [[1, 1]];

function joinedDims(dims: readonly Dim[], joining: Joining, most: number): readonly Dim[] {
  if (joining === 'written') return dims;
  if (joining === 'joined') {
    const all = merged(dims, most);
    return all.length === 0 ? ONE : all;
  }
  const outer = merged(dims.slice(0, joining), most);
  const inner = merged(dims.slice(joining), most);
  return [...outer, ...(inner.length === 0 ? ONE : inner)];
}

/** @throws UserError when an untyped caller gives something else. */
function requireDims(pattern: readonly Dim[]): void {
  const whole = (dim: readonly unknown[]) => dim.length === 2 && dim.every(Number.isSafeInteger);
  const wrong = pattern.find((dim) => !whole(dim) || dim[1] < 1);
  if (wrong === undefined && pattern.length > 0) return;
  throw new UserError(
    `pattern takes [stride, count] of each dimension, received ${wrong === undefined ? 'none' : list(wrong)}.`,
  );
}

/** @throws UserError when an untyped caller gives something else, or it is not in SBUF. */
function requireIndex(index: unknown): void {
  if (!(index instanceof ChipView) || index.space !== 'sbuf') {
    throw new UserError('index must be a view of a tensor in SBUF.');
  }
  if (index.index !== undefined) throw new UserError('index must not have an index itself, received one.');
}
