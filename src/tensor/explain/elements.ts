/**
 * One pass of functions of elements over tiles in SBUF: what comes from outside is loaded tile by tile, what is needed outside is stored;
 * all between stays in SBUF. Each function rounds to its format as it is written, so that fusing changes no bit.
 */
import type { ChipView } from '../../kernel';
import { dense } from '../../kernel/dims';
import { isArg, type Node } from '../graph';
import { isWide } from '../reference/values';
import { axesOf, boxesOf, countOf, placed, splitsOf, type Box, type Split } from './boxes';
import { operandsOf, type Group } from './groups';
import { cast, MAPS, type MapRule } from './maps';
import { Work, type Constant, type Operand } from './operand';
import type { Finish } from './products';
import { reduceTile } from './reduce';
import { tileOf, type Strided } from './strided';
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
  const ends = endsOf(group, places);
  const operands = operandsAt(ends);
  const most = rowsOf(writer, group);
  for (const split of splitsOf(axesOf(operands), operands.length, most)) {
    const pass = new Pass(writer, group, places, ends, split);
    for (const lead of boxesOf(split.lead, operands.length, 128))
      for (const free of boxesOf(split.free, operands.length, most)) pass.write(lead, free);
  }
}

/** Rows of fewer are not worth to be joined one by one, unless they are short. */
const MANY_ROWS = 64;
const SHORT = 256;

/** Whether whole rows lie in tiles, so that they can be joined there. */
export function joinsRows(writer: Writer, group: Group): boolean {
  const [reduction] = group.reductions;
  const [model] = group.nodes;
  if (reduction === undefined || model === undefined) return false;
  const count = model.size / reduction.size;
  return count <= rowsOf(writer, group) && (count <= SHORT || reduction.size >= MANY_ROWS);
}

/** The same with whole rows in tiles, whose totals are stored too. */
export function writeRows(writer: Writer, group: Group, places: Places): void {
  const [reduction] = group.reductions;
  if (reduction === undefined) return;
  const ends = endsOf(group, places);
  const totals = group.reductions.map(places.targetOf);
  const rest = ends.order.dims.slice(reduction.shape.length).map(([, count]) => [0, count] as const);
  const operands = [
    ...operandsAt(ends),
    ...totals.map((total) => ({ ...total, dims: [...total.dims, ...rest] })),
  ];
  const cut = reduction.shape.length;
  const [lead, free] = [axesOf(operands, 0, cut), axesOf(operands, cut)];
  const pass = new Pass(writer, group, places, ends, { lead, free, start: operands.map(() => 0) });
  const [row] = boxesOf(free, operands.length, Infinity);
  if (row === undefined) return;
  for (const rows of boxesOf(lead, operands.length, 128)) {
    const known = pass.write(rows, row);
    for (const [i, node] of group.reductions.entries()) {
      const [x] = node.inputs;
      const [operand, total] = [x === undefined ? undefined : known.get(x), totals[i]];
      if (operand?.kind !== 'tile' || total === undefined || isArg(node.op.reduction))
        throw new Error(`Invariant violation: rows of node ${node.id} are not there`);
      const tile = isWide(node.dtype) ? copied(writer, operand.view) : operand.view;
      const place = operands.length - totals.length + i;
      const part = placed(total, place, rows, { ...row, dims: [] });
      writer.store(part, reduceTile(writer, node.op.reduction, tile, node.dtype));
    }
  }
}

/** Joining 32-bit integers takes their tile. */
function copied(writer: Writer, view: ChipView): ChipView {
  const [partitions = 1, elements = 1] = view.shape;
  const tile = writer.tile(partitions, elements, view.dtype);
  writer.nc.tensor_copy(tile, { src: view });
  return tile;
}

/** Works on tiles of a product that only the group needs, as they come. */
export function onProduct(writer: Writer, group: Group, places: Places, product: Node): Finish {
  const ends = endsOf(group, places, product);
  const operands = operandsAt(ends);
  const strides = operands.map(() => 1);
  const free = [{ count: product.shape.at(-1) ?? 1, strides }];
  const pass = new Pass(writer, group, places, ends, { lead: [], free, start: operands.map(() => 0) });
  return (view, at) => {
    const tiles = operands.map((operand) => tileOf(operand, at));
    const box = (count: number, offsets: readonly number[], axis: number): Box => ({
      ...{ count, offsets },
      dims: tiles.map(({ dims }) => dims.slice(axis, axis + 1)),
    });
    const offsets = tiles.map(({ offset }, i) => offset - (operands[i]?.offset ?? 0));
    pass.write(
      box(at.rows, offsets, 0),
      box(
        at.columns,
        strides.map(() => 0),
        1,
      ),
      [product, { kind: 'tile', dtype: product.dtype, view }],
    );
  };
}

/** What comes from outside, but for a product that comes by itself, and where results go. */
function endsOf(group: Group, { constantOf, valueOf, targetOf }: Places, product?: Node): Ends {
  const inside = new Set(group.nodes);
  const outside = [...new Set(group.nodes.flatMap((node) => operandsOf(node)))].filter(
    (input) => !inside.has(input) && input !== product && constantOf(input) === undefined,
  );
  const targets = group.outputs.map(targetOf);
  const order = { offset: 0, dims: dense(group.nodes[0]?.shape ?? []) };
  return { outside, sources: outside.map(valueOf), targets, order };
}

const operandsAt = ({ sources, targets, order }: Ends): readonly Ends['order'][] => [
  ...sources,
  ...targets,
  order,
];

/** As long as rows may be for all that lives at once to fit twice. */
export function rowsOf(writer: Writer, { nodes }: Group): number {
  const inside = new Set(nodes);
  const last = new Map<Node, number>();
  nodes.forEach((node, i) => {
    for (const input of operandsOf(node)) last.set(input, i);
  });
  const begins = new Set<Node>();
  let [live, peak] = [0, 0];
  nodes.forEach((node, i) => {
    for (const input of operandsOf(node)) {
      if (inside.has(input) || begins.has(input)) continue;
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
  /** Row-major: by it elements are counted. */
  readonly order: Pick<Strided, 'offset' | 'dims'>;
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

  /** @param given a tile that is there already. */
  write(lead: Box, free: Box, given?: readonly [Node, Operand]): ReadonlyMap<Node, Operand> {
    const { outside, sources, targets } = this.#ends;
    const work = new Work(this.#writer, lead.count, free.count);
    const known = new Map<Node, Operand>(given === undefined ? [] : [given]);
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
      this.#writer.store(placed(target, place, lead, free, this.#split.start[place]), work.full(result));
    }
    return known;
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
