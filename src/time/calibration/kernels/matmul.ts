/**
 * The four steps of the vendor's guide to optimising a kernel (nki/guides/tutorials/kernel-optimization.rst): the same loops, the
 * same tiles and blocks, loads of the same shape at the same place; the kernels are our own. M, N and K are multiples of the blocks.
 * Its profiles show that every DMA was triggered by GpSimd, with descriptors built at run time (dynamic DMA: 100 %).
 */
import { kernel, type ChipView, type HbmView, type Nc } from '../../../kernel';
import { multiply } from '../../../kernels/matmul';

const TILE = { m: 128, n: 512, k: 128 } as const;
type Axis = keyof typeof TILE;

/** Descriptors are built by GpSimd at run time. */
const DYNAMIC = { dge_mode: 'swdge', engine: 'gpsimd' } as const;

const count = (size: number | undefined, tile: number) => (size ?? 0) / tile;

function each<Result>(times: number, make: (index: number) => Result): Result[] {
  return Array.from({ length: times }, (_, index) => make(index));
}

/** Row tile k, and columns of `wide` tiles of the axis from `column` on. */
function load(nc: Nc, source: HbmView, k: number, axis: Axis, column: number, wide = 1): ChipView {
  const width = wide * TILE[axis];
  const tile = nc.sbuf([TILE.k, width], source.dtype);
  const rows = [k * TILE.k, (k + 1) * TILE.k] as const;
  const start = column * TILE[axis];
  nc.dma_copy(tile, { src: source.slice(rows, [start, start + width]), ...DYNAMIC });
  return tile;
}

function store(nc: Nc, result: HbmView, tile: ChipView, m: number, n: number, wide = 1): void {
  const rows = [m * TILE.m, (m + 1) * TILE.m] as const;
  const columns = [n * TILE.n, (n + wide) * TILE.n] as const;
  nc.dma_copy(result.slice(rows, columns), { src: tile, ...DYNAMIC });
}

function copyOut(nc: Nc, result: HbmView, sum: ChipView, m: number, n: number): void {
  const tile = nc.sbuf([TILE.m, TILE.n], result.dtype);
  nc.tensor_copy(tile, { src: sum });
  store(nc, result, tile, m, n);
}

const operands = ['lhsT', 'rhs'] as const;

function shapeOf(lhsT: HbmView, rhs: HbmView) {
  const [[depth, rows], [, columns]] = [lhsT.shape, rhs.shape];
  return { m: count(rows, TILE.m), n: count(columns, TILE.n), k: count(depth, TILE.k), rows, columns };
}

export const tiled = kernel('tiled', operands, (nc, { lhsT, rhs }) => {
  const { m: ms, n: ns, k: ks, rows = 0, columns = 0 } = shapeOf(lhsT, rhs);
  const result = nc.hbm('result', [rows, columns], 'float32');
  for (let m = 0; m < ms; m++) {
    for (let n = 0; n < ns; n++) {
      const sum = nc.psum([TILE.m, TILE.n], 'float32');
      for (let k = 0; k < ks; k++) {
        const stationary = load(nc, lhsT, k, 'm', m);
        nc.nc_matmul(sum, { stationary, moving: load(nc, rhs, k, 'n', n) });
      }
      copyOut(nc, result, sum, m, n);
    }
  }
});

export const hoisted = kernel('hoisted', operands, (nc, { lhsT, rhs }) => {
  const { m: ms, n: ns, k: ks, rows = 0, columns = 0 } = shapeOf(lhsT, rhs);
  const result = nc.hbm('result', [rows, columns], 'float32');
  for (let m = 0; m < ms; m++) {
    const stationaries = each(ks, (k) => load(nc, lhsT, k, 'm', m));
    for (let n = 0; n < ns; n++) {
      const movings = each(ks, (k) => load(nc, rhs, k, 'n', n));
      const sum = nc.psum([TILE.m, TILE.n], 'float32');
      multiply(nc, sum, stationaries, movings);
      copyOut(nc, result, sum, m, n);
    }
  }
});

/**
 * Blocks of 2 x 2 tiles. The tiles of rhs of a block are 256 KiB of each partition and do not fit in SBUF with those of lhsT, so that
 * the vendor's compiler loaded them anew for each row of tiles: the profile's share of the memory's bandwidth is that of 8.6 GB.
 */
export const blockedFree = kernel('blocked_free', operands, (nc, { lhsT, rhs }) => {
  const { m: ms, n: ns, k: ks, rows = 0, columns = 0 } = shapeOf(lhsT, rhs);
  const result = nc.hbm('result', [rows, columns], 'float32');
  for (let m = 0; m < ms; m += 2) {
    const stationaries = each(2, (row) => each(ks, (k) => load(nc, lhsT, k, 'm', m + row)));
    for (let n = 0; n < ns; n += 2) {
      for (const [row, own] of stationaries.entries()) {
        for (let column = n; column < n + 2; column++) {
          const movings = each(ks, (k) => load(nc, rhs, k, 'n', column));
          const sum = nc.psum([TILE.m, TILE.n], 'float32');
          multiply(nc, sum, own, movings);
          copyOut(nc, result, sum, m + row, column);
        }
      }
    }
  }
});

/** Blocks of 16, 2 and 8 tiles of M, N and K. */
const BLOCK = { m: 16, n: 2, k: 8 } as const;

/**
 * The partial sums are 128 KiB of each partition and the operands 96 KiB: with all of them in SBUF nothing could be loaded ahead. The
 * profile's share of the memory's bandwidth is that of 0.34 GB more than the kernel loads and stores, as much as if the vendor's
 * compiler had kept every sixth of the sums in HBM from one block of K to the next.
 */
const SPILLED = 6;

/**
 * Row tiles that are summed at once, in half of the PSUM banks, so that operands come free one after the other while those of the
 * next block arrive. The loops are affine ranges, whose order is the compiler's; in the profile (v5-zoom.png) Vector adds nothing
 * for longer than one tile takes the array, so that tiles are not summed one by one.
 */
const TOGETHER = 4;

export const blockedAll = kernel('blocked_all', operands, (nc, { lhsT, rhs }) => {
  const { m: ms, n: ns, k: ks, rows = 0, columns = 0 } = shapeOf(lhsT, rhs);
  const result = nc.hbm('result', [rows, columns], 'float32');
  for (let n = 0; n < ns; n += BLOCK.n) {
    const totals = each(ms, (m) =>
      each(BLOCK.n, (column) => {
        if ((m * BLOCK.n + column) % SPILLED === 0) return new Spilled(nc, `spilled_${n}_${m}_${column}`);
        const total = nc.sbuf([TILE.m, TILE.n], 'float32');
        nc.memset(total, { value: 0 });
        return total;
      }),
    );
    for (let k = 0; k < ks; k += BLOCK.k) {
      const movings = each(BLOCK.k, (own) => load(nc, rhs, k + own, 'n', n, BLOCK.n));
      for (let m = 0; m < ms; m += BLOCK.m) {
        const stationaries = each(BLOCK.k, (own) => load(nc, lhsT, k + own, 'm', m, BLOCK.m));
        for (let column = 0; column < BLOCK.n; column++) {
          for (let row = 0; row < BLOCK.m; row += TOGETHER) {
            const sums = each(TOGETHER, () => nc.psum([TILE.m, TILE.n], 'float32'));
            for (const [index, stationary] of stationaries.entries()) {
              const moving = movings[index];
              if (moving === undefined) continue;
              for (const [own, sum] of sums.entries()) {
                nc.nc_matmul(sum, {
                  stationary: part(stationary, 'm', row + own),
                  moving: part(moving, 'n', column),
                });
              }
            }
            for (const [own, sum] of sums.entries()) {
              const total = totals[m + row + own]?.[column];
              if (total instanceof Spilled) total.add(sum);
              else if (total !== undefined) nc.tensor_tensor(total, { data1: total, data2: sum, op: 'add' });
            }
          }
        }
      }
    }
    for (const [m, row] of totals.entries()) {
      const packed = nc.sbuf([TILE.m, BLOCK.n * TILE.n], 'float32');
      for (const [column, total] of row.entries()) {
        nc.tensor_copy(part(packed, 'n', column), { src: total instanceof Spilled ? total.loaded() : total });
      }
      store(nc, result, packed, m, n, BLOCK.n);
    }
  }
});

/** A tile of partial sums that is in HBM between the times that it is added to. */
class Spilled {
  readonly #nc: Nc;
  readonly #kept: HbmView;
  #empty = true;

  constructor(nc: Nc, name: string) {
    this.#nc = nc;
    this.#kept = nc.scratch(name, [TILE.m, TILE.n], 'float32');
  }

  loaded(): ChipView {
    const tile = this.#nc.sbuf([TILE.m, TILE.n], 'float32');
    this.#nc.dma_copy(tile, { src: this.#kept, ...DYNAMIC });
    return tile;
  }

  add(sum: ChipView): void {
    const total = this.#nc.sbuf([TILE.m, TILE.n], 'float32');
    if (this.#empty) this.#nc.tensor_copy(total, { src: sum });
    else this.#nc.tensor_tensor(total, { data1: this.loaded(), data2: sum, op: 'add' });
    this.#empty = false;
    this.#nc.dma_copy(this.#kept, { src: total, ...DYNAMIC });
  }
}

const part = (tile: ChipView, axis: Axis, index: number): ChipView =>
  tile.slice('all', [index * TILE[axis], (index + 1) * TILE[axis]]);
