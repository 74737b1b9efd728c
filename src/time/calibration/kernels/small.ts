/** Programs of a few instructions, each the whole of a published experiment, or the shape of what a figure shows. */
import { kernel, type ChipView } from '../../../kernel';
import type { DGE_MODES } from '../../../program';

/**
 * out = exp(x), loaded and stored once (nki-dma-overview.rst, examples 1 and 2). What follows the load is on Scalar; who triggers the
 * DMAs is said by the names of the queues in the profiles.
 */
export const expKernel = (mode: (typeof DGE_MODES)[number]) =>
  kernel('exp', ['x'], (nc, { x }) => {
    const engine = mode === 'swdge' ? 'gpsimd' : 'dma';
    const out = nc.hbm('out', x.shape, x.dtype);
    const [tile, result] = [nc.sbuf(x.shape, x.dtype), nc.sbuf(x.shape, x.dtype)];
    nc.dma_copy(tile, { src: x, dge_mode: mode, engine });
    nc.activation(result, { op: 'exp', data: tile });
    nc.dma_copy(out, { src: result, dge_mode: mode, engine });
  });

/** x is loaded in tiles of 128 rows, one after the other, and nothing else. */
export const loads = kernel('loads', ['x'], (nc, { x }) => {
  const [rows = 0, columns = 0] = x.shape;
  for (let row = 0; row < rows; row += 128) {
    const tile = nc.sbuf([128, columns], x.dtype);
    nc.dma_copy(tile, { src: x.slice([row, row + 128]) });
  }
});

/** Each activation of one element needs the one before (nki_perf_guide.rst, Opt 5a). */
export const dependentActivations = kernel('dependent_activations', ['x'], (nc, { x }) => {
  const [count] = [64];
  const out = nc.hbm('out', x.shape, x.dtype);
  const [value, scale, bias] = [
    nc.sbuf(x.shape, x.dtype),
    nc.sbuf(x.shape, x.dtype),
    nc.sbuf(x.shape, x.dtype),
  ];
  for (const tile of [value, scale, bias]) nc.dma_copy(tile, { src: x });
  let last: ChipView = value;
  for (let step = 0; step < count; step++) {
    const next = nc.sbuf(x.shape, x.dtype);
    nc.activation(next, { op: 'copy', data: last, scale, bias });
    last = next;
  }
  nc.dma_copy(out, { src: last });
});

/** Passes of one shape, one after the other: what the array can reach. */
export const passes = kernel('passes', ['stationary', 'moving'], (nc, { stationary, moving }) => {
  const weights = nc.sbuf(stationary.shape, stationary.dtype);
  const data = nc.sbuf(moving.shape, moving.dtype);
  nc.dma_copy(weights, { src: stationary });
  nc.dma_copy(data, { src: moving });
  const [, columns = 0] = stationary.shape;
  const [, width = 0] = moving.shape;
  const sum = nc.psum([columns, width], 'float32');
  for (let pass = 0; pass < 128; pass++) nc.nc_matmul(sum, { stationary: weights, moving: data });
  const out = nc.hbm('out', [columns, width], 'float32');
  const result = nc.sbuf([columns, width], 'float32');
  nc.tensor_copy(result, { src: sum });
  nc.dma_copy(out, { src: result });
});
