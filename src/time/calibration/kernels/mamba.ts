/**
 * The three steps of the vendor's fused Mamba tutorial (nki/guides/tutorials/fused_mamba.rst), by what it computes: for each state
 *
 *   h[t] = exp(delta[t] a) h[t - 1] + delta[t] u[t] b[t],   out[t] = the sum over the states of c[t] h[t]
 *
 * Channels are partitions, time is the free dimension; delta, u and out [channels, steps], a [channels, states], b and c
 * [states, steps]. A row of b or c comes to all partitions by a multiplication with ones, and is read from PSUM: the profiles show
 * the Tensor engine at it, and PSUM full.
 */
import { kernel, type ChipView, type HbmView, type Nc } from '../../../kernel';

const PARTITIONS = 128;
/** Steps of time that a PSUM bank holds. */
const BANK = 512;

const INPUTS = ['delta', 'u', 'a', 'b', 'c'] as const;

function loaded(nc: Nc, source: HbmView): ChipView {
  const tile = nc.sbuf(source.shape, source.dtype);
  nc.dma_copy(tile, { src: source });
  return tile;
}

/** One row in every partition. */
function everywhere(nc: Nc, ones: ChipView, row: ChipView): ChipView {
  const [, steps = 0] = row.shape;
  const wide = nc.psum([PARTITIONS, steps], 'float32');
  nc.nc_matmul(wide, { stationary: ones, moving: row });
  return wide;
}

function onesOf(nc: Nc): ChipView {
  const ones = nc.sbuf([1, PARTITIONS], 'float32');
  nc.memset(ones, { value: 1 });
  return ones;
}

function zeros(nc: Nc, columns: number): ChipView {
  const tile = nc.sbuf([PARTITIONS, columns], 'float32');
  nc.memset(tile, { value: 0 });
  return tile;
}

function product(nc: Nc, data1: ChipView, data2: ChipView): ChipView {
  const tile = nc.sbuf(data1.shape, 'float32');
  nc.tensor_tensor(tile, { data1, data2, op: 'multiply' });
  return tile;
}

interface Step {
  readonly delta: ChipView;
  /** delta u. */
  readonly driven: ChipView;
  readonly decay: ChipView;
  readonly b: ChipView;
  readonly c: ChipView;
  readonly initial: ChipView | number;
  readonly sum: ChipView;
}

/** One state of 128 channels; gives h. */
function step(nc: Nc, { delta, driven, decay, b, c, initial, sum }: Step): ChipView {
  const kept = nc.sbuf(delta.shape, 'float32');
  nc.activation(kept, { op: 'exp', data: delta, scale: decay });
  const drive = product(nc, driven, b);
  const history = nc.sbuf(delta.shape, 'float32');
  nc.tensor_tensor_scan(history, { data0: kept, op0: 'multiply', data1: drive, op1: 'add', initial });
  nc.tensor_tensor(sum, { data1: sum, data2: product(nc, history, c), op: 'add' });
  return history;
}

function shapesOf(delta: HbmView, a: HbmView) {
  const [channels = 0, steps = 0] = delta.shape;
  const [, states = 0] = a.shape;
  return { channels, steps, states };
}

const rowsFrom = (start: number) => [start, start + PARTITIONS] as const;

/** States outside, channels inside: delta and u are loaded, and multiplied, for each state. */
export const mamba1 = kernel('mamba_v1', INPUTS, (nc, { delta, u, a, b, c }) => {
  const { channels, steps, states } = shapesOf(delta, a);
  const out = nc.hbm('out', [channels, steps], 'float32');
  const ones = onesOf(nc);
  const sums: ChipView[] = [];
  for (let at = 0; at < channels; at += PARTITIONS) sums.push(zeros(nc, steps));
  for (let state = 0; state < states; state++) {
    const only = [state, state + 1] as const;
    for (const [index, sum] of sums.entries()) {
      const rows = rowsFrom(index * PARTITIONS);
      const rate = loaded(nc, delta.slice(rows));
      const driven = product(nc, rate, loaded(nc, u.slice(rows)));
      step(nc, {
        delta: rate,
        driven,
        decay: loaded(nc, a.slice(rows, only)),
        b: everywhere(nc, ones, loaded(nc, b.slice(only))),
        c: everywhere(nc, ones, loaded(nc, c.slice(only))),
        initial: 0,
        sum,
      });
    }
  }
  for (const [index, sum] of sums.entries())
    nc.dma_copy(out.slice(rowsFrom(index * PARTITIONS)), { src: sum });
});

/** Channels outside: delta and u are loaded once, and multiplied once, as the share of time of the Vector engine shows. */
export const mamba2 = kernel('mamba_v2', INPUTS, (nc, inputs) => {
  scan(nc, inputs, false);
});

/** As mamba_v2, time in pieces of a bank: each begins with the state that the one before left. */
export const mamba3 = kernel('mamba_v3', INPUTS, (nc, inputs) => {
  scan(nc, inputs, true);
});

function scan(
  nc: Nc,
  { delta, u, a, b, c }: Record<(typeof INPUTS)[number], HbmView>,
  pieces: boolean,
): void {
  const { channels, steps, states } = shapesOf(delta, a);
  const out = nc.hbm('out', [channels, steps], 'float32');
  const ones = onesOf(nc);
  for (let at = 0; at < channels; at += PARTITIONS) {
    const rows = rowsFrom(at);
    const sum = zeros(nc, steps);
    const rate = loaded(nc, delta.slice(rows));
    const driven = product(nc, rate, loaded(nc, u.slice(rows)));
    for (let state = 0; state < states; state++) {
      const only = [state, state + 1] as const;
      const decay = loaded(nc, a.slice(rows, only));
      const last = pieces ? zeros(nc, 1) : undefined;
      for (let time = 0; time < steps; time += BANK) {
        const times = [time, time + BANK] as const;
        const history = step(nc, {
          delta: rate.slice('all', times),
          driven: driven.slice('all', times),
          decay,
          b: everywhere(nc, ones, loaded(nc, b.slice(only, times))),
          c: everywhere(nc, ones, loaded(nc, c.slice(only, times))),
          initial: last ?? 0,
          sum: sum.slice('all', times),
        });
        if (last !== undefined) nc.tensor_copy(last, { src: history.slice('all', [BANK - 1, BANK]) });
      }
    }
    nc.dma_copy(out.slice(rows), { src: sum });
  }
}
