/**
 * Einstein's sums, from left to right: each pair of operands becomes one product of matrices where labels are summed and matrices have
 * rows and columns, else products of elements and a sum. What lies between is float32; the last step rounds once to the format of the result.
 */
import type { Dtype } from '../../numerics';
import { make, sizeOf, type Node } from '../graph';
import { diagonal, product } from './linalg';
import { sumOfProducts, sum } from './reductions';

/** The labels of the operands and of the result; those that an ellipsis stands for are '.0' (the last axis of them), '.1', ... */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/** An operand on its way: its axes have different labels. */
interface Labelled {
  readonly node: Node;
  readonly labels: readonly string[];
}

const labelsOf = (text: string, rank: number): string[] => {
  const [before = '', after] = text.split('...');
  if (after === undefined) return Array.from(text);
  const hidden = Math.max(rank - before.length - after.length, 0);
  return [
    ...Array.from(before),
    ...Array.from({ length: hidden }, (_, i) => `.${hidden - 1 - i}`),
    ...Array.from(after),
  ];
};

/** 'ij,jk->ik', with spaces or without. Without a result: what an ellipsis stands for, then the labels that occur once, in order. */
export function equationOf(text: string, ranks: readonly number[]): Equation {
  const [left = '', right] = text.replaceAll(/\s/g, '').split('->');
  const operands = left.split(',').map((part, i) => labelsOf(part, ranks[i] ?? 0));
  const all = operands.flat();
  const hidden = [...new Set(all.filter((label) => label.startsWith('.')))].toSorted().toReversed();
  const once = [...new Set(all)].filter(
    (label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label),
  );
  const named = right?.split('...');
  const result =
    named === undefined
      ? [...hidden, ...once.toSorted()]
      : [...Array.from(named[0] ?? ''), ...(named.length > 1 ? hidden : []), ...Array.from(named[1] ?? '')];
  return { operands, result };
}

/** Axes of one label become their diagonal. */
function withoutRepeats({ node, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { node, labels };
  const label = labels[second] ?? '';
  const first = labels.indexOf(label);
  const rest = labels.filter((_, axis) => axis !== first && axis !== second);
  return withoutRepeats({ node: diagonal(node, 0, first, second), labels: [...rest, label] });
}

/** Axes of extent 1 of which other operands have more are left out: they are broadcast. */
function withoutOnes({ node, labels }: Labelled, extents: ReadonlyMap<string, number>): Labelled {
  const kept = labels.map((label, axis) => node.shape[axis] === extents.get(label));
  return {
    node: make.reshape(
      node,
      node.shape.filter((_, axis) => kept[axis]),
    ),
    labels: labels.filter((_, axis) => kept[axis]),
  };
}

/** Axes in the order of labels; what is not among them is summed. */
function arranged({ node, labels }: Labelled, order: readonly string[], dtype: Dtype): Node {
  const summed = labels.filter((label) => !order.includes(label));
  const kept = labels.filter((label) => order.includes(label));
  const total =
    summed.length === 0 ? node : sum(node, { axes: summed.map((label) => labels.indexOf(label)), dtype });
  return make.permute(
    total,
    order.filter((label) => kept.includes(label)).map((label) => kept.indexOf(label)),
  );
}

function pair(a: Labelled, b: Labelled, wanted: readonly string[], dtype: Dtype): Labelled {
  const trim = (x: Labelled, other: Labelled): Labelled => {
    const kept = x.labels.filter((label) => wanted.includes(label) || other.labels.includes(label));
    return { node: arranged(x, kept, 'float32'), labels: kept };
  };
  const [x, y] = [trim(a, b), trim(b, a)];
  const shared = x.labels.filter((label) => y.labels.includes(label));
  const batch = shared.filter((label) => wanted.includes(label));
  const depth = shared.filter((label) => !wanted.includes(label));
  const rows = x.labels.filter((label) => !shared.includes(label));
  const columns = y.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  const extent = (label: string): number => {
    const at = x.labels.indexOf(label);
    return at < 0 ? (y.node.shape[y.labels.indexOf(label)] ?? 1) : (x.node.shape[at] ?? 1);
  };
  const extents = (of: readonly string[]): number[] => of.map(extent);
  if (depth.length === 0 || (rows.length === 0 && columns.length === 0)) {
    const order = [...labels, ...depth];
    const spread = (side: Labelled): Node => {
      const ones = order.map((label) => (side.labels.includes(label) ? extent(label) : 1));
      return make.broadcast(make.reshape(arranged(side, order, 'float32'), ones), extents(order));
    };
    const axes = depth.map((_, i) => labels.length + i);
    const node =
      depth.length === 0
        ? make.map('multiply', [spread(x), spread(y)], dtype)
        : sumOfProducts(spread(x), spread(y), { axes, dtype });
    return { node, labels };
  }
  // Each operand lies as it does, where that only asks whether the summed axes come before the others.
  const matrix = (side: Labelled, free: readonly string[], freeFirst: boolean): Node => {
    const order = freeFirst ? [...batch, ...free, ...depth] : [...batch, ...depth, ...free];
    const sizes = freeFirst ? [free, depth] : [depth, free];
    return make.reshape(arranged(side, order, 'float32'), [
      ...extents(batch),
      ...sizes.map((of) => sizeOf(extents(of))),
    ]);
  };
  const first = (side: Labelled, free: readonly string[]): boolean =>
    side.labels.findIndex((label) => free.includes(label)) <
    side.labels.findIndex((label) => depth.includes(label));
  const [straight, across] = [first(x, rows), first(y, columns)];
  const node = product(matrix(x, rows, straight), matrix(y, columns, across), dtype, {
    aLayout: straight ? 'row-major' : 'k-major',
    bLayout: across ? 'transposed' : 'row-major',
  });
  return { node: make.reshape(node, extents(labels)), labels };
}

/** Extents of one label are equal, or 1. */
export function einsum({ operands, result }: Equation, nodes: readonly Node[], dtype: Dtype): Node {
  const extents = new Map<string, number>();
  const all = nodes.map((node, i) => withoutRepeats({ node, labels: operands[i] ?? [] }));
  for (const { node, labels } of all)
    labels.forEach((label, axis) => {
      const known = extents.get(label) ?? 1;
      extents.set(label, known === 1 ? make.extentOf(node, axis) : known);
    });
  const [start, ...others] = all.map((operand) => withoutOnes(operand, extents));
  if (start === undefined) throw new Error('Invariant violation: einsum of nothing');
  const total = others.reduce((so, next, i) => {
    const wanted = [...result, ...others.slice(i + 1).flatMap(({ labels }) => labels)];
    return pair(so, next, wanted, i === others.length - 1 ? dtype : 'float32');
  }, start);
  return make.cast(arranged(total, result, dtype), dtype);
}
