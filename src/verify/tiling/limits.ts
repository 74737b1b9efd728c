/** Whether the chip can do each pass: rows, stationary and moving columns, double-row, banks. Rules of nki.isa.nc_matmul. */
import { CHIPS, doubleRowProblem } from '../../chip';
import { banksOf, lengthOf, type Product, type TilePass } from './types';

export interface LimitProblem {
  /** Index of the first pass that breaks the limit. */
  readonly pass: number;
  /** Indices of all passes that do, ascending. */
  readonly passes: readonly number[];
  readonly text: string;
}

/** A problem for each kind of limit that any pass breaks. */
export function limitProblems(passes: readonly TilePass[], product: Product): readonly LimitProblem[] {
  const chip = CHIPS[product.chip];
  const { rows, stationary, moving } = chip.matmul;
  const { banks, bankBytes } = chip.psum;
  const noDoubleRow = doubleRowProblem(chip, product.a, product.b);
  /** What is wrong with a pass, or nothing; one for each limit. */
  const limits: readonly ((pass: TilePass) => string | false)[] = [
    ({ m }) =>
      lengthOf(m) > stationary &&
      `at most ${stationary} rows of the output (stationary columns), received ${lengthOf(m)}.`,
    ({ n }) =>
      lengthOf(n) > moving &&
      `at most ${moving} columns of the output (moving columns) on ${chip.name}, received ${lengthOf(n)}.`,
    ({ k, doubleRow }) =>
      !doubleRow &&
      lengthOf(k) > rows &&
      `at most ${rows} indices of K (rows of the array), received ${lengthOf(k)}.`,
    ({ k, doubleRow }) =>
      doubleRow === true &&
      lengthOf(k) > 2 * rows &&
      `at most 2 x ${rows} indices of K with doubleRow, received ${lengthOf(k)}.`,
    ({ k, doubleRow }) =>
      doubleRow === true &&
      lengthOf(k) % 2 === 1 &&
      `an even number of indices of K with doubleRow, received ${lengthOf(k)}.`,
    ({ doubleRow }) => doubleRow === true && noDoubleRow !== undefined && noDoubleRow,
    (pass) =>
      pass.bank + banksOf(pass, bankBytes) > banks &&
      `PSUM has banks 0..${banks - 1}, received bank ${pass.bank} for ${lengthOf(pass.n)} columns of float32.`,
  ];
  return limits.flatMap((limit) => {
    const broken = passes.flatMap((pass, index) => (limit(pass) === false ? [] : [index]));
    const first = passes[broken[0] ?? -1];
    if (first === undefined) return [];
    const problem = limit(first);
    return [{ pass: broken[0] ?? 0, passes: broken, text: `Pass ${broken[0] ?? 0}: ${String(problem)}` }];
  });
}
