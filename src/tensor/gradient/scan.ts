/** What scans hand back. */
import { make, sizeOf, type Node, type OpOf, type Scan } from '../graph';

const float32 = (x: Node): Node => make.cast(x, 'float32');

/** g summed from the other end: element i counts in every total from its place on. */
const sumRule = (g: Node, { exclusive, reverse }: OpOf<'scan'>): Node =>
  make.scan(g, 'add', 'float32', { exclusive, reverse: !reverse });

/**
 * Element i stands in every product from its place on: its share of each is the product of the others, all products at once, so that
 * zeros do no harm. Takes the square of the axis in memory.
 */
function productRule(g: Node, { exclusive, reverse }: OpOf<'scan'>, x: Node): Node {
  const count = x.shape.at(-1) ?? 1;
  const square = [sizeOf(x.shape) / Math.max(count, 1), count, count];
  const across = (row: Node): Node => make.broadcast(make.reshape(row, square.with(1, 1)), square);
  const [place, at] = [make.iota(square, 1), make.iota(square, 2)];
  const others = make.map(
    'select',
    [make.map('equal', [place, at], 'uint8'), make.fill(square, 'float32', 1), across(x)],
    'float32',
  );
  const products = make.scan(others, 'multiply', 'float32', { exclusive, reverse });
  const counts = make.map(
    reverse ? (exclusive ? 'less' : 'less_equal') : exclusive ? 'greater' : 'greater_equal',
    [at, place],
    'float32',
  );
  const shares = make.map('multiply', [products, across(g)], 'float32');
  const due = make.map('select', [counts, shares, make.fill(square, 'float32', 0)], 'float32');
  return make.reshape(make.reduce(due, 'add', 1, 'float32'), x.shape);
}

/** Each total's gradient goes to the element that it is: the first one that reached it. */
function choiceRule(g: Node, { exclusive, reverse, scan }: OpOf<'scan'>, x: Node): Node {
  const count = x.shape.at(-1) ?? 1;
  const rows = [sizeOf(x.shape) / Math.max(count, 1), count];
  const flat = make.reshape(x, rows);
  const whole = { exclusive: false, reverse };
  const beforehand = make.scan(flat, scan, 'float32', { exclusive: true, reverse });
  const reaches = make.map(scan === 'maximum' ? 'greater' : 'less', [flat, beforehand], 'uint8');
  const place = make.iota(rows, 1);
  const unreached = make.fill(rows, 'int32', reverse ? count : -1);
  // Places rise with a scan, and fall with one from the end: the last one so far is the one that holds.
  const latest = make.scan(
    make.map('select', [reaches, place, unreached], 'int32'),
    reverse ? 'minimum' : 'maximum',
    'int32',
    exclusive ? { exclusive, reverse } : whole,
  );
  const zeros = make.fill([...rows, 1], 'float32', 0);
  const how = { combine: 'add', outside: 'zero', what: `gradient of a scan by ${scan}` } as const;
  const sums = make.scatter(zeros, latest, make.reshape(g, [...rows, 1]), how);
  return make.reshape(sums, x.shape);
}

const RULES = {
  add: (g, op) => sumRule(g, op),
  multiply: productRule,
  maximum: choiceRule,
  minimum: choiceRule,
} as const satisfies Record<Scan, (g: Node, op: OpOf<'scan'>, x: Node) => Node>;

export const scanRule = (g: Node, op: OpOf<'scan'>, x: Node): Node =>
  RULES[op.scan](float32(g), op, float32(x));
