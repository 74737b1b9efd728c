/**
 * The selective scan of a state space model (A. Gu and T. Dao, "Mamba: Linear-Time Sequence Modeling with Selective State Spaces", 2023,
 * section 3.3). Each channel has states of its own, which decay and are driven at a rate that the input chooses:
 *
 *   h[t] = exp(delta[t] a) h[t - 1] + delta[t] b[t] x[t],   h[-1] = 0,   for each state
 *   result[t] = sum over the states of c[t] h[t], and d x[t]
 *
 * Channels are partitions and time is the free dimension, so that a state's whole history is one scan of the Vector engine. Time
 * passes in chunks, the states of a chunk's end starting the next. b and c are the same for all channels: a DMA that steps nowhere along
 * partitions reads a row of them to each.
 */
import { CHIP_NAMES } from '../chip';
import { kernel, type ChipView, type HbmView, type Nc } from '../kernel';
import { add, exact, exp, multiply, written, type Approx } from './approx';
import { libraryKernel, type ReferenceInput } from './entry';
import { loaded, requireShape } from './inputs';
import { eachRow } from './products';
import { matrixOf, sizeOf, tilesOf, type Tile } from './shapes';

const PARTITIONS = 128;
/** Steps of time that a tile holds. */
const CHUNK = 512;

interface Chunk {
  readonly b: HbmView;
  readonly c: HbmView;
  readonly times: Tile;
  /** delta, delta x, and a of the channels: [channels, steps], [channels, steps], [channels, states]. */
  readonly rate: ChipView;
  readonly driven: ChipView;
  readonly decays: ChipView;
  /** Each state as the chunk before left it: [channels, states]; none before the first. */
  readonly before: ChipView | undefined;
}

export const selectiveScan = kernel(
  'selective_scan',
  ['x', 'delta', 'a', 'b', 'c', 'd'],
  (nc, { x, delta, a, b, c, d }) => {
    const [channels, steps] = matrixOf('x', x);
    const [states] = matrixOf('b', b);
    requireShape('delta', delta, [channels, steps]);
    requireShape('a', a, [channels, states]);
    requireShape('b', b, [states, steps]);
    requireShape('c', c, [states, steps]);
    requireShape('d', d, [channels, 1]);
    const result = nc.hbm('result', [channels, steps], x.dtype);
    for (const rows of tilesOf(channels, PARTITIONS)) {
      const decays = loaded(nc, a.slice(rows));
      const skip = loaded(nc, d.slice(rows));
      let before: ChipView | undefined;
      for (const times of tilesOf(steps, CHUNK)) {
        const input = loaded(nc, x.slice(rows, times));
        const rate = loaded(nc, delta.slice(rows, times));
        const driven = nc.sbuf(input.shape, 'float32');
        nc.tensor_tensor(driven, { data1: rate, data2: input, op: 'multiply' });
        const [sum, after] = scanned(nc, { b, c, times, rate, driven, decays, before });
        const out = nc.sbuf(input.shape, x.dtype);
        nc.scalar_tensor_tensor(out, {
          data: input,
          op0: 'multiply',
          operand0: skip,
          op1: 'add',
          operand1: sum,
        });
        nc.dma_copy(result.slice(rows, times), { src: out });
        before = times[1] < steps ? joined(nc, after) : undefined;
      }
    }
  },
);

/** The sum over the states of c h, and the last element of each state. */
function scanned(nc: Nc, { b, c, times, rate, driven, decays, before }: Chunk): [ChipView, ChipView[]] {
  const [partitions = NaN] = rate.shape;
  const [, states = NaN] = decays.shape;
  const sum = nc.sbuf(rate.shape, 'float32');
  const after: ChipView[] = [];
  for (let state = 0; state < states; state++) {
    const only = [state, state + 1] as const;
    const toAll = (row: HbmView): ChipView => loaded(nc, row.slice(only, times).broadcast(0, partitions));
    const decay = nc.sbuf(rate.shape, 'float32');
    nc.activation(decay, { op: 'exp', data: rate, scale: decays.slice('all', only) });
    const drive = nc.sbuf(rate.shape, 'float32');
    nc.tensor_tensor(drive, { data1: driven, data2: toAll(b), op: 'multiply' });
    const history = nc.sbuf(rate.shape, 'float32');
    nc.tensor_tensor_scan(history, {
      data0: decay,
      op0: 'multiply',
      data1: drive,
      op1: 'add',
      initial: before?.slice('all', only) ?? 0,
    });
    after.push(history.slice('all', [sizeOf(times) - 1, sizeOf(times)]));
    const seen = state === 0 ? sum : nc.sbuf(rate.shape, 'float32');
    nc.tensor_tensor(seen, { data1: history, data2: toAll(c), op: 'multiply' });
    if (state > 0) nc.tensor_tensor(sum, { data1: sum, data2: seen, op: 'add' });
  }
  return [sum, after];
}

/** Columns side by side, so that the tiles that they come from can go. */
function joined(nc: Nc, columns: readonly ChipView[]): ChipView {
  const [partitions = NaN] = columns[0]?.shape ?? [];
  const tile = nc.sbuf([partitions, columns.length], 'float32');
  for (const [index, column] of columns.entries()) {
    nc.tensor_copy(tile.slice('all', [index, index + 1]), { src: column });
  }
  return tile;
}

export const selectiveScanEntry = libraryKernel({
  name: selectiveScan.name,
  summary:
    'the selective scan of Mamba: states that decay and are driven at rates of the input, read out by c, and d x',
  doc: 'docs/kernels.md#selective_scan',
  chips: CHIP_NAMES,
  dtypes: ['float32', 'bfloat16'],
  sizes: {
    channels: { summary: 'rows of x', of: 'inputs', default: 128, least: 1, most: 4096 },
    steps: { summary: 'columns of x: time', of: 'inputs', default: 512, least: 1, most: 8192 },
    states: { summary: 'states of each channel', of: 'inputs', default: 16, least: 1, most: 128 },
  },
  kernel: () => selectiveScan,
  inputs: ({ channels, steps, states }, dtype) => ({
    x: { shape: [channels, steps], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
    delta: { shape: [channels, steps], dtype, distribution: { kind: 'uniform', low: 1 / 1024, high: 1 / 8 } },
    // Operands of one value for each partition are float32, whatever the data's format.
    a: {
      shape: [channels, states],
      dtype: 'float32',
      distribution: { kind: 'uniform', low: -16, high: -1 },
    },
    b: { shape: [states, steps], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
    c: { shape: [states, steps], dtype, distribution: { kind: 'normal', mean: 0, deviation: 1 } },
    d: { shape: [channels, 1], dtype: 'float32', distribution: { kind: 'normal', mean: 1, deviation: 0.25 } },
  }),
  expected: ({ x, delta, a, b, c, d }) => ({
    result: eachRow(x, (row, channel) => {
      const steps = row.length;
      const rates = delta.values.subarray(channel * steps, (channel + 1) * steps);
      const read = readOut(row, rates, rowOf(a, channel), b, c);
      const skip = exact(d.values[channel] ?? NaN);
      return read.map((sum, time) => written(add(multiply(exact(row[time] ?? NaN), skip), sum), x.dtype));
    }),
  }),
});

const rowOf = ({ shape, values }: ReferenceInput, row: number): Float64Array => {
  const width = shape.at(-1) ?? 1;
  return values.subarray(row * width, (row + 1) * width);
};

/** The sum over the states of c h of one channel, step by step as the engines take it. */
function readOut(
  x: Float64Array,
  delta: Float64Array,
  a: Float64Array,
  b: ReferenceInput,
  c: ReferenceInput,
): readonly Approx[] {
  const sums: Approx[] = [];
  const driven = Array.from(x, (value, time) => multiply(exact(delta[time] ?? NaN), exact(value)));
  a.forEach((decay, state) => {
    const [drives, reads] = [rowOf(b, state), rowOf(c, state)];
    let level = exact(0);
    driven.forEach((drive, time) => {
      const kept = multiply(exp(multiply(exact(delta[time] ?? NaN), exact(decay))), level);
      level = add(kept, multiply(drive, exact(drives[time] ?? NaN)));
      const seen = multiply(level, exact(reads[time] ?? NaN));
      const before = sums[time];
      sums[time] = before === undefined ? seen : add(before, seen);
    });
  });
  return sums;
}
