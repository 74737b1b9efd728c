/**
 * Where a product lies in the memory of the WASM executor, and into which units of work it is divided. Operands stay packed and the
 * result takes four bytes an element; beside them each thread has panels of a bounded size.
 */
import type { MatmulPlan, Pass } from '../../lower';
import { codeArray, UserError, type Dtype } from '../../numerics';
import type { Window } from '../matmul';
import { groupPasses } from '../reference/matmul';
import { ARITHMETIC, formatRecord, PLACE, recordBytes, type JobRecord, type PassRecord } from './records';

/** Rows and columns of a register tile (`assembly/tile.ts`). */
export const TILE = { m: 4, n: 8 } as const;

/**
 * Float32 elements of panels: of A so many as the first-level cache keeps beside one of B, and as rows of the output for which a core has
 * addresses at hand (a page each, of 64); of B as many as the second-level cache keeps.
 */
const PANEL = { a: 2 ** 12, b: 3 * 2 ** 14 } as const;
/** Sums of a group that a thread keeps, where a plan has several. */
const GROUP_SUMS = 2 ** 15;
/** Sums of columns of B that are streamed at a time, which stay in the first-level cache. */
const STREAMED_SUMS = 4096;
/**
 * Units for each thread, so that none waits long for the last, but one of what is streamed, for memory is read in long runs. What a unit computes in
 * operations: about so much at least, as each packs its operands anew, and at most.
 */
const UNITS_PER_THREAD = 4;
const LEAST_FLOPS = 2 ** 23;
const UNIT_FLOPS = 2 ** 30;
/** Columns of a panel of B for few rows of A (`assembly/stream.ts`). */
export const STREAMED_WIDTH = 16;
/** B's codes that are brought into panels at a time, and what they take of a thread's scratch meanwhile: float32, or 8 bits and bfloat16. */
export const STAGED = 4096;
const STAGED_BYTES = 4 * STAGED;
/** Codes of 8 bits that may take a second byte each. */
const MOST_WIDENED = 2 ** 23;
/** Codes that are decoded at a time at most. */
const STRIP = 16;
/** What may be read beyond an operand's end, and cache lines. */
const SLACK = 64;

export interface Layout {
  readonly job: JobRecord;
  readonly passes: readonly PassRecord[];
  readonly window: Window;
  /** Formats in which the operands lie there. */
  readonly stored: { readonly a: Dtype; readonly b: Dtype };
  readonly at: number;
  /** Where threads tell each other how far they are (`joint.ts`). */
  readonly words: number;
  /** One for each thread. */
  readonly scratch: readonly number[];
  /** Bytes by purpose, and in all. */
  readonly bytes: Readonly<Record<'operands' | 'widened' | 'result' | 'scratch', number>>;
  readonly end: number;
}

export interface LayoutRequest {
  readonly plan: MatmulPlan;
  readonly window: Window;
  readonly threads: number;
  readonly subnormals: 'exact' | 'ftz';
  /** The product is computed many times: what is decoded once pays. */
  readonly kept: boolean;
  /** Where the memory is free from. */
  readonly base: number;
  /** Whether the result needs no more than the canonical NaN. */
  readonly canonical: boolean;
}

/** @throws UserError for a product beyond the 4 GiB of a WASM memory. */
export function layOut({ plan, window, threads, subnormals, kept, base, canonical }: LayoutRequest): Layout {
  const m = window.m1 - window.m0;
  const n = window.n1 - window.n0;
  const { k } = plan;
  const streamed = m <= TILE.m && subnormals === 'exact';
  const positions = streamed ? plan.passes.reduce((sum, pass) => sum + passLength(pass), 0) : k;
  const stored = {
    a: storedAs(plan.a),
    b: streamed && kept ? widenedAs(plan.b, positions * n) : storedAs(plan.b),
  };
  const passes = passRecords(plan);
  const groups = new Set(plan.passes.map(({ group }) => group)).size;
  const depth = 4 + plan.passes.reduce((most, pass) => Math.max(most, passLength(pass)), 0);
  const units = streamed
    ? divideColumns(m, n, threads)
    : divide({ m, n, k }, { threads, depth, grouped: groups > 1 });
  const { unitRows, unitColumns, blockRows } = units;
  const strip =
    roundUp(streamed ? depth * STREAMED_WIDTH : Math.max(unitColumns, blockRows, depth), STRIP) + STRIP;
  const panels = streamed
    ? 4 * strip + TILE.m * (depth + roundUp(unitColumns, STREAMED_WIDTH) * Math.min(groups, 2))
    : TILE.m * TILE.n +
      4 * strip +
      (blockRows + unitColumns) * depth +
      (groups > 1 ? unitRows * unitColumns : 0);

  let end = Math.ceil(base / SLACK) * SLACK;
  const place = (bytes: number): number => {
    const start = end;
    end += Math.ceil(bytes / SLACK) * SLACK + SLACK;
    return start;
  };
  const at = place(recordBytes('job'));
  const table = place(passes.length * recordBytes('pass'));
  const aFormat = place(recordBytes('format'));
  const bFormat = place(recordBytes('format'));
  const words = place(4 * (2 + threads));
  const records = end;
  const a = place(m * k * bytesOf(stored.a));
  const b = place(positions * n * bytesOf(stored.b));
  const widened = positions * n * (bytesOf(stored.b) - bytesOf(storedAs(plan.b)));
  const operands = end - records - widened;
  const pitch = 4 * roundUp(n, TILE.n);
  const out = place((streamed ? m : roundUp(m, TILE.m)) * pitch);
  const result = end - records - operands - widened;
  const scratch = Array.from({ length: threads }, () =>
    place(Math.max(4 * panels, streamed ? STAGED_BYTES : 0)),
  );
  if (end > 2 ** 32 - 2 ** 16) {
    throw new UserError(
      `A product takes at most 4 GiB on the WASM executor, operands and result; received one of ${(end / 2 ** 30).toFixed(1)} GiB. Compute it in windows, or on a WebGPU adapter.`,
    );
  }
  const job = {
    ...units,
    ...{
      next: 0,
      m,
      n,
      k,
      depth,
      a,
      b,
      out,
      pitch,
      passes: table,
      passCount: passes.length,
      aFormat,
      bFormat,
    },
    kMajor: Number(plan.aLayout === 'k-major'),
    arithmetic: subnormals === 'ftz' ? ARITHMETIC.flushed : ARITHMETIC.exact,
    canonical: Number(canonical),
    streamed: Number(streamed),
    stripBytes: 4 * strip,
    oneGroup: Number(groups <= 1),
  };
  return {
    job,
    passes,
    window,
    stored,
    at,
    words,
    scratch,
    bytes: { operands, widened, result, scratch: end - out - result },
    end,
  };
}

type Units = Pick<JobRecord, 'units' | 'unitRows' | 'unitColumns' | 'blockRows'>;

/** Of few rows: units are equal parts of the columns. */
function divideColumns(m: number, n: number, threads: number): Units {
  const most = Math.min(STREAMED_SUMS / m, roundUp(n / threads, STREAMED_WIDTH));
  const unitColumns = evenly(n, Math.max(roundDown(most, STREAMED_WIDTH), STREAMED_WIDTH), STREAMED_WIDTH);
  return { units: Math.ceil(n / unitColumns), unitRows: m, unitColumns, blockRows: m };
}

/** Units are about equal rectangles, which all threads together take in turns. */
function divide(
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
  {
    threads,
    depth,
    grouped,
  }: { readonly threads: number; readonly depth: number; readonly grouped: boolean },
): Units {
  const each = Math.round((2 * m * n * k) / (threads * LEAST_FLOPS));
  const wanted = threads === 1 ? 1 : threads * Math.min(UNITS_PER_THREAD, Math.max(each, 1));
  const widest = roundDown(PANEL.b / depth, TILE.n);
  const parts = Math.ceil(Math.max(n, 1) / Math.max(widest, TILE.n));
  // As many for each thread: of nine equal units two threads would do five and four.
  const unitColumns = evenly(n, Math.max(n / (threads * Math.ceil(parts / threads)), TILE.n), TILE.n);
  const across = Math.ceil(n / unitColumns);
  const highest = Math.min(
    m / Math.ceil(wanted / across),
    grouped ? GROUP_SUMS / unitColumns : Infinity,
    UNIT_FLOPS / (2 * k * unitColumns),
  );
  const unitRows = evenly(m, Math.max(roundUp(highest, TILE.m), TILE.m), TILE.m);
  const blockRows = evenly(unitRows, Math.max(roundDown(PANEL.a / depth, TILE.m), TILE.m), TILE.m);
  return { units: across * Math.ceil(m / unitRows), unitRows, unitColumns, blockRows };
}

/** The extent of equal parts, each at most `most`, in whole tiles. */
function evenly(extent: number, most: number, tile: number): number {
  return Math.max(tile, roundUp(extent / Math.max(1, Math.ceil(extent / most)), tile));
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;
const roundDown = (value: number, step: number): number => Math.floor(value / step) * step;

const passLength = ({ rows, interleave }: Pass): number => rows * interleave;
const bytesOf = (dtype: Dtype): number => codeArray(dtype, 0).BYTES_PER_ELEMENT;

/** Codes of 8 bits that are streamed again and again lie there as bfloat16, where that takes little: decoding one takes longer than reading two bytes. */
const widenedAs = (dtype: Dtype, codes: number): Dtype =>
  formatRecord(dtype)?.size === 1 && codes <= MOST_WIDENED ? 'bfloat16' : storedAs(dtype);

/** Formats that the module does not decode lie there as float32. */
const storedAs = (dtype: Dtype): Dtype => (formatRecord(dtype) === undefined ? 'float32' : dtype);

function passRecords(plan: MatmulPlan): PassRecord[] {
  let before = 0;
  return groupPasses(plan).flatMap((group, index, groups) =>
    group.map((pass, position) => {
      const { k0, rows, interleave } = pass;
      const record = {
        ...{ k0, rows, interleave, before },
        place:
          (position === 0 ? PLACE.first : 0) +
          (position === group.length - 1 ? PLACE.last : 0) +
          (index === 0 ? PLACE.opening : 0) +
          (index === groups.length - 1 ? PLACE.closing : 0),
      };
      before += passLength(pass);
      return record;
    }),
  );
}
