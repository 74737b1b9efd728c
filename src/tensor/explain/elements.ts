/**
 * One pass of functions of elements over tiles in SBUF: what comes from outside is loaded tile by tile, what is needed outside is stored;
 * all between stays in SBUF. Each function rounds to its format as it is written, so that fusing changes no bit.
 */
import type { Node } from '../graph';
import { axesOf, boxesOf, countOf, placed, splitsOf, type Box, type Split } from './boxes';
import type { Group } from './groups';
import { cast, MAPS, type MapRule } from './maps';
import { Work, type Constant, type Operand } from './operand';
import type { Strided } from './strided';
import type { Writer } from './writer';

/** Where operands from outside are, and where results go. */
export interface Places {
  readonly constantOf: (node: Node) => Constant | undefined;
  readonly valueOf: (node: Node) => Strided;
  readonly targetOf: (node: Node) => Strided;
  /** The seed of a stochastic cast's key. */
  readonly seedOf: (key: Node | undefined) => number;
}

/** Elements of a row of a tile at most: 8 KB of float32. */
const MOST = 2048;
/** Tiles that one function may need for itself. */
const BETWEEN = 7;
/** Tiles that are the same for all boxes and may stay. */
const KEPT = 4;

export function writeGroup(writer: Writer, group: Group, places: Places): void {
  const inside = new Set(group.nodes);
  const outside = [...new Set(group.nodes.flatMap((node) => operandsOf(node)))].filter(
    (input) => !inside.has(input) && places.constantOf(input) === undefined,
  );
  const sources = outside.map(places.valueOf);
  const targets = group.outputs.map(places.targetOf);
  const operands = [...sources, ...targets];
  const [model] = targets;
  if (model === undefined) return;
  const plain: Strided = { ...model, dims: dense(model) };
  const axes = axesOf([...operands, plain]);
  const most = widthOf(writer, group, outside);
  for (const split of splitsOf(axes, operands.length + 1, most)) {
    const pass = new Pass(writer, group, places, { outside, sources, targets }, split);
    for (const lead of boxesOf(split.lead, operands.length + 1, 128))
      for (const free of boxesOf(split.free, operands.length + 1, most)) pass.write(lead, free);
  }
}

const dense = ({ dims }: Strided): Strided['dims'] => {
  let stride = 1;
  return dims.toReversed().map(([, count]) => {
    const dim = [stride, count] as const;
    stride *= count;
    return dim;
  }).toReversed();
};

const operandsOf = ({ op, inputs }: Node): readonly Node[] =>
  op.kind === 'map' ? inputs : inputs.slice(0, 1);

/** As long as rows may be for all that lives at once to fit twice. */
function widthOf(writer: Writer, { nodes }: Group, outside: readonly Node[]): number {
  const last = new Map<Node, number>();
  nodes.forEach((node, i) => {
    for (const input of operandsOf(node)) last.set(input, i);
  });
  const begins = new Set<Node>();
  let [live, peak] = [0, 0];
  nodes.forEach((node, i) => {
    for (const input of operandsOf(node)) {
      if (!outside.includes(input) || begins.has(input)) continue;
      begins.add(input);
      live++;
    }
    live++;
    peak = Math.max(peak, live);
    for (const input of new Set(operandsOf(node))) if (last.get(input) === i) live--;
    if (!last.has(node)) live--;
  });
  const bytes = writer.nc.chip.sbuf.usableBytes / 2;
  const width = Math.floor(bytes / (4 * (peak + BETWEEN + KEPT)));
  return Math.max(Math.min(2 ** Math.floor(Math.log2(width)), MOST), 1);
}

interface Ends {
  readonly outside: readonly Node[];
  readonly sources: readonly Strided[];
  readonly targets: readonly Strided[];
}

/** The boxes of one split, one after the other. */
class Pass {
  readonly #writer: Writer;
  readonly #group: Group;
  readonly #places: Places;
  readonly #ends: Ends;
  readonly #split: Split;
  /** Loads that are the same for later boxes, by their pattern. */
  readonly #kept = new Map<string, Operand>();

  constructor(writer: Writer, group: Group, places: Places, ends: Ends, split: Split) {
    this.#writer = writer;
    this.#group = group;
    this.#places = places;
    this.#ends = ends;
    this.#split = split;
  }

  write(lead: Box, free: Box): void {
    const { outside, sources, targets } = this.#ends;
    const work = new Work(this.#writer, lead.count, free.count);
    const known = new Map<Node, Operand>();
    const operandOf = (node: Node): Operand => {
      let operand = known.get(node) ?? this.#places.constantOf(node);
      if (operand === undefined) {
        const i = outside.indexOf(node);
        const source = sources[i];
        if (source === undefined) throw new Error(`Invariant violation: node ${node.id} is not there`);
        operand = this.#loaded(source, i, lead, free);
        known.set(node, operand);
      }
      return operand;
    };
    for (const node of this.#group.nodes) {
      known.set(node, this.#made(work, node, operandsOf(node).map(operandOf), lead, free));
      const i = this.#group.outputs.indexOf(node);
      const target = targets[i];
      const result = known.get(node);
      if (target === undefined || result === undefined) continue;
      const place = sources.length + i;
      this.#writer.store(
        placed(target, place, lead, free, this.#split.start[place]),
        work.full(result),
      );
    }
  }

  #made(work: Work, node: Node, operands: readonly Operand[], lead: Box, free: Box): Operand {
    const { op, dtype } = node;
    const [x, y = x, z = x] = operands;
    if (x === undefined || y === undefined || z === undefined)
      throw new Error(`Invariant violation: ${op.kind} of nothing`);
    if (op.kind === 'bitcast') {
      if (x.kind === 'constant') return { ...x, dtype };
      return { kind: 'tile', dtype, view: x.view.view(dtype) };
    }
    const view = work.tile(dtype);
    if (op.kind === 'map') {
      const rule: MapRule = MAPS[op.fn];
      rule(work, view, [x, y, z]);
    } else if (op.kind === 'cast') {
      const place = this.#ends.sources.length + this.#ends.targets.length;
      const element =
        (this.#split.start[place] ?? 0) + (lead.offsets[place] ?? 0) + (free.offsets[place] ?? 0);
      // Row-major, so that partitions follow each other by the elements of all axes within them.
      const pitch = lead.count === 1 ? 0 : countOf(this.#split.free);
      const seed = op.rounding === 'stochastic' ? this.#places.seedOf(node.inputs[1]) : 0;
      cast(work, view, x, op, op.rounding === 'stochastic' ? { seed, element, pitch } : undefined);
    }
    return { kind: 'tile', dtype, view };
  }

  /** A tile; a column where all elements of a row are one; and once where it is the same for all rows. */
  #loaded(source: Strided, i: number, lead: Box, free: Box): Operand {
    const isColumn = (free.dims[i] ?? []).every(([stride]) => stride === 0);
    const part = placed(source, i, lead, isColumn ? { ...free, dims: [] } : free, this.#split.start[i]);
    const isShared = (lead.dims[i] ?? []).every(([stride]) => stride === 0);
    const key = `${i} ${part.offset} ${part.dims.join(';')}`;
    const found = this.#kept.get(key);
    if (found !== undefined) return found;
    const view = this.#writer.load(part, lead.count, isColumn ? 1 : free.count);
    const operand: Operand = { kind: 'tile', dtype: source.dtype, view };
    if (isShared && this.#kept.size < KEPT) this.#kept.set(key, operand);
    return operand;
  }
}
