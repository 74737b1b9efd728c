/**
 * Which values are written to memory, and by which kernels. All others are computed where they are read: what that costs is
 * weighed against a write and a read of memory, and the start of a kernel.
 */
import { PRODUCT_BUFFERS } from '../../execute/webgpu/tail';
import { REDUCE_BLOCK } from '../graph';
import type { Check } from './lower';
import { endsProduct } from './tail';
import type { Value, ValueOp } from './value';

export type Step =
  | { readonly kind: 'elements'; readonly roots: readonly Value[] }
  | { readonly kind: 'scan' | 'scatter' | 'sort'; readonly value: Value }
  /** What is written in the product's place, where that is not the product itself. */
  | { readonly kind: 'matmul'; readonly value: Value; readonly ends: readonly Value[] }
  | { readonly kind: 'check'; readonly check: Check; readonly flag: number };

export interface Schedule {
  readonly steps: readonly Step[];
  readonly isStored: (value: Value) => boolean;
}

export interface Limits {
  /** Storage buffers of one kernel. */
  readonly buffers: number;
  /** Whether values are computed where they are read; else each primitive is a kernel of its own. */
  readonly fusion: boolean;
  /** Whether products end in what follows them. */
  readonly tails: boolean;
}

/** Values of one kernel at most: compilers take long over more. */
const LONGEST = 256;
/** What a write and a read of an element cost, and the start of a kernel, counted in simple operations. */
const ROUND_TRIP = 6;
const START = 4000;
/** Ways in which one kernel may read a value, each of which computes it anew. */
const WAYS = 8;

const OWN_KERNEL: ReadonlySet<ValueOp['kind']> = new Set(['scan', 'scatter', 'sort', 'matmul', 'copy']);
const FREE: ReadonlySet<ValueOp['kind']> = new Set(['leaf', 'fill', 'constant', 'iota']);
const SAME_PLACE: ReadonlySet<ValueOp['kind']> = new Set(['map', 'cast', 'bitcast', 'order', 'copy']);
/** Operations of a few instructions. */
const SIMPLE =
  /^(add|subtract|multiply|maximum|minimum|abs|abs_\w+|square|relu|negate|select|floor|ceil|trunc|rint|(bitwise|logical)_\w+|invert|\w+_shift|\w*equal|greater|less)$/;
const COSTS: Readonly<Partial<Record<ValueOp['kind'], number>>> = { random: 40, pad: 2, gather: 2 };

const turnsOf = (value: Value): number =>
  Math.min(REDUCE_BLOCK, (value.inputs[1] ?? value.inputs[0])?.shape[1] ?? 1);

/** Of an element, beside that of what it is made of. */
function ownCost({ op, inputs }: Value): number {
  if (op.kind === 'map') return SIMPLE.test(op.fn) ? 1 : 24;
  if (op.kind === 'cast') return inputs.length > 1 ? 44 : 2;
  if (op.kind === 'concat') return inputs.length;
  return COSTS[op.kind] ?? 0;
}

/** Values that these need, inputs first. */
function ordered(wanted: readonly Value[]): readonly Value[] {
  const seen = new Set<Value>();
  const order: Value[] = [];
  const due: { readonly value: Value; readonly ready: boolean }[] = wanted
    .toReversed()
    .map((value) => ({ value, ready: false }));
  for (let next = due.pop(); next !== undefined; next = due.pop()) {
    const { value, ready } = next;
    if (ready) order.push(value);
    else if (!seen.has(value)) {
      seen.add(value);
      due.push({ value, ready: true }, ...value.inputs.map((input) => ({ value: input, ready: false })));
    }
  }
  return order;
}

/** How often one way of reading computes elements, and whether inside of a loop. */
interface Reading {
  readonly count: number;
  readonly loop: boolean;
}

class Scheduler {
  readonly #order: readonly Value[];
  readonly #outputs: ReadonlySet<Value>;
  readonly #checks: readonly Check[];
  readonly #limits: Limits;
  readonly #stored = new Set<Value>();
  readonly #readings = new Map<Value, Map<string, Reading>>();

  constructor(outputs: readonly Value[], checks: readonly Check[], limits: Limits) {
    this.#order = ordered([...outputs, ...checks.map(({ index }) => index)]);
    this.#outputs = new Set(outputs);
    this.#checks = checks;
    this.#limits = limits;
  }

  run(): Schedule {
    this.#choose();
    this.#bound();
    const steps = this.#steps();
    return { steps, isStored: (value) => value.op.kind === 'leaf' || this.#stored.has(value) };
  }

  #isStored(value: Value): boolean {
    return value.op.kind === 'leaf' || this.#stored.has(value);
  }

  /** Stores what would be computed too often. */
  #choose(): void {
    const costs = new Map<Value, number>();
    const demanded = new Set<Value>(this.#outputs);
    for (const value of this.#order) {
      const { op, inputs } = value;
      if (op.kind === 'sort' || op.kind === 'matmul') for (const input of inputs) demanded.add(input);
      const each = inputs.reduce((sum, input) => sum + (costs.get(input) ?? 1), ownCost(value));
      const loops = op.kind === 'reduce' || op.kind === 'places' ? turnsOf(value) : 1;
      costs.set(value, OWN_KERNEL.has(op.kind) || FREE.has(op.kind) ? 1 : Math.min(each * loops, 1e9));
    }
    for (const { index } of this.#checks) this.#read(index, 'check', { count: index.size, loop: false });
    for (const value of this.#order.toReversed()) {
      const { op, size } = value;
      if (op.kind === 'leaf') continue;
      const readings = [...(this.#readings.get(value) ?? new Map<string, Reading>())];
      const evaluated = readings.reduce((sum, [, { count }]) => sum + count, 0);
      const cost = costs.get(value) ?? 1;
      const nested = (op.kind === 'reduce' || op.kind === 'places') && readings.some(([, { loop }]) => loop);
      const dear =
        size > 0 &&
        !FREE.has(op.kind) &&
        (nested ||
          readings.length > WAYS ||
          !this.#limits.fusion ||
          cost * (evaluated - size) > ROUND_TRIP * size + START);
      if (demanded.has(value) || OWN_KERNEL.has(op.kind) || dear) {
        this.#stored.add(value);
        this.#spread(value, [[String(value.id), { count: size, loop: false }]]);
      } else this.#spread(value, readings);
    }
  }

  #read(value: Value, way: string, reading: Reading): void {
    const known = this.#readings.get(value) ?? new Map<string, Reading>();
    this.#readings.set(value, known.set(way, reading));
  }

  /** How the inputs of a value are read where it is. */
  #spread(value: Value, readings: readonly (readonly [string, Reading])[]): void {
    const { op, inputs } = value;
    for (const [way, { count, loop }] of readings) {
      for (const [i, input] of inputs.entries()) {
        if (SAME_PLACE.has(op.kind)) this.#read(input, way, { count, loop });
        else if (op.kind === 'reduce' || op.kind === 'places')
          this.#read(input, `${way}/${value.id}.${i}`, { count: count * turnsOf(value), loop: true });
        else if (op.kind === 'scan' || op.kind === 'scatter')
          this.#read(input, `${way}/${value.id}.${i}`, {
            count: i === 1 ? value.size : input.size,
            loop: true,
          });
        else this.#read(input, `${way}/${value.id}.${i}`, { count, loop });
      }
    }
  }

  /** Stores inputs of what would be too long for a kernel, or read from too many buffers. */
  #bound(): void {
    const parts = new Map<
      Value,
      { readonly inlined: ReadonlySet<Value>; readonly reads: ReadonlySet<Value> }
    >();
    const most = this.#limits.buffers - 2;
    for (const value of this.#order) {
      if (value.op.kind === 'leaf') {
        parts.set(value, { inlined: new Set(), reads: new Set([value]) });
        continue;
      }
      for (;;) {
        const inlined = new Set([value]);
        const reads = new Set<Value>();
        for (const input of value.inputs) {
          const part = parts.get(input);
          if (this.#isStored(input)) reads.add(input);
          else {
            part?.inlined.forEach((each) => inlined.add(each));
            part?.reads.forEach((each) => reads.add(each));
          }
        }
        const crowded = reads.size > most;
        const heaviest = value.inputs
          .filter((input) => !this.#isStored(input) && !FREE.has(input.op.kind) && input.size > 0)
          .map((input) => ({
            input,
            weight: (crowded ? parts.get(input)?.reads : parts.get(input)?.inlined)?.size ?? 0,
          }))
          .toSorted((a, b) => b.weight - a.weight)[0];
        if ((crowded || inlined.size > LONGEST) && heaviest !== undefined && heaviest.weight > 0) {
          this.#stored.add(heaviest.input);
          continue;
        }
        parts.set(value, { inlined, reads });
        break;
      }
    }
  }

  /** What a kernel that computes a value reads from memory, and whether only where it writes: the same place, in order. */
  #readsOf(root: Value): ReadonlyMap<Value, boolean> {
    const reads = new Map<Value, boolean>();
    const seen = new Map<Value, boolean>();
    const due: { readonly value: Value; readonly same: boolean }[] = [];
    const visit = (parent: Value, same: boolean): void => {
      const keeps = same && (SAME_PLACE.has(parent.op.kind) || parent.op.kind === 'reshape');
      for (const value of parent.inputs) due.push({ value, same: keeps });
    };
    visit(root, true);
    for (let next = due.pop(); next !== undefined; next = due.pop()) {
      const { value, same } = next;
      if (this.#isStored(value)) reads.set(value, same && (reads.get(value) ?? true));
      else if (seen.get(value) !== same && seen.get(value) !== false) {
        seen.set(value, same);
        visit(value, same);
      }
    }
    return reads;
  }

  #steps(): Step[] {
    type Group = { readonly roots: Value[]; readonly reads: Set<Value>; readonly at: number };
    const steps: (Step | Group)[] = [];
    const groups: Group[] = [];
    const places = new Map<Value, number>();
    const readers = new Map<Value, { readonly step: number; readonly same: boolean }[]>();
    for (const root of this.#order) {
      if (!this.#stored.has(root)) continue;
      const reads = this.#readsOf(root);
      const { kind } = root.op;
      let at = steps.length;
      if (kind === 'matmul') steps.push({ kind, value: root, ends: [] });
      else if (kind === 'scan' || kind === 'scatter' || kind === 'sort') {
        steps.push({ kind, value: root });
      } else {
        const group = this.#limits.fusion
          ? groups.find((each) => this.#joins(root, reads, each, places))
          : undefined;
        if (group === undefined) {
          const made: Group = { roots: [root], reads: new Set(reads.keys()), at };
          groups.push(made);
          steps.push(made);
        } else {
          at = group.at;
          group.roots.push(root);
          for (const read of reads.keys()) if (!group.roots.includes(read)) group.reads.add(read);
        }
      }
      places.set(root, at);
      for (const [read, same] of reads) readers.set(read, [...(readers.get(read) ?? []), { step: at, same }]);
    }
    const checks = this.#checks.map((check, flag): Step => {
      if (this.#isStored(check.index)) readers.set(check.index, [{ step: -1, same: false }]);
      return { kind: 'check', check, flag };
    });
    for (const { index } of this.#checks)
      for (const read of this.#readsOf(index).keys()) readers.set(read, [{ step: -1, same: false }]);
    const grouped = steps.map((step, at): Step => {
      if ('kind' in step) return step;
      const isNeeded = (root: Value): boolean =>
        this.#outputs.has(root) ||
        root.op.kind === 'copy' ||
        (readers.get(root) ?? []).some((reader) => reader.step !== at || !reader.same);
      const roots = step.roots.filter(isNeeded);
      for (const root of step.roots) if (!roots.includes(root)) this.#stored.delete(root);
      return { kind: 'elements', roots };
    });
    const readersOf = (value: Value): ReadonlySet<number> =>
      new Set(readers.get(value)?.map(({ step }) => step));
    return [...(this.#limits.tails ? this.#joined(grouped, readersOf) : grouped), ...checks];
  }

  /** Where one kernel alone reads a product, and it can end the product's own, it does: the product is then not stored. */
  #joined(steps: readonly Step[], readersOf: (value: Value) => ReadonlySet<number>): readonly Step[] {
    const joined: (Step | undefined)[] = [...steps];
    for (const [at, step] of steps.entries()) {
      if (step.kind !== 'matmul' || this.#outputs.has(step.value)) continue;
      const [reader = -1, ...others] = readersOf(step.value);
      const kernel = joined[reader];
      if (others.length > 0 || kernel?.kind !== 'elements' || !this.#canEnd(step.value, kernel.roots))
        continue;
      joined[reader] = { ...step, ends: kernel.roots };
      joined[at] = undefined;
      this.#stored.delete(step.value);
    }
    return joined.filter((step) => step !== undefined);
  }

  #canEnd(product: Value, roots: readonly Value[]): boolean {
    const reads = new Set(roots.flatMap((root) => [...this.#readsOf(root).keys()]));
    for (const own of [product, ...roots]) reads.delete(own);
    const isStored = (value: Value): boolean => value !== product && this.#isStored(value);
    return (
      PRODUCT_BUFFERS + reads.size + roots.length - 1 <= this.#limits.buffers &&
      endsProduct(product, roots, isStored)
    );
  }

  /** Whether a value can be written by the kernel of others: it has as many elements, and reads nothing that comes later. */
  #joins(
    root: Value,
    reads: ReadonlyMap<Value, boolean>,
    group: { readonly roots: readonly Value[]; readonly reads: ReadonlySet<Value>; readonly at: number },
    places: ReadonlyMap<Value, number>,
  ): boolean {
    if (group.roots[0]?.size !== root.size) return false;
    let shares = false;
    const all = new Set(group.reads);
    for (const [read, same] of reads) {
      const isMember = group.roots.includes(read);
      if (isMember ? !same : (places.get(read) ?? -1) >= group.at) return false;
      shares ||= isMember || group.reads.has(read);
      if (!isMember) all.add(read);
    }
    return shares && all.size + group.roots.length + 1 <= this.#limits.buffers;
  }
}

export const schedule = (outputs: readonly Value[], checks: readonly Check[], limits: Limits): Schedule =>
  new Scheduler(outputs, checks, limits).run();
