/** Operands that lie transposed are the commonest reason why a product is none of these: a look at a few elements tells. */
import type { Controls } from '../weights';
import type { Product } from './product';
import type { Survey } from './survey';

/** A product as far from A B as this is not a matter of rounding. */
const FAR = 0.1;
const NEAR = 0.01;
const LOOKED_AT = 64;

/** A sentence where C is far from A B, and what it is near to where a square operand read transposed explains it. */
export function layoutNotes(
  product: Product,
  { float64: { relative }, sample }: Survey,
  { turnA: sayA, turnB: sayB }: Controls,
): readonly string[] {
  const { m, n, k, a, b, c } = product;
  if (!(relative > FAR)) return [];
  const near = ([turnA, turnB]: readonly [boolean, boolean]): boolean => {
    let errors = 0;
    let squares = 0;
    for (const element of sample.slice(0, LOOKED_AT)) {
      let sum = 0;
      for (let each = 0; each < k; each++) {
        const x = a.values[turnA ? each * m + element.m : element.m * k + each] ?? NaN;
        sum += x * (b.values[turnB ? element.n * k + each : each * n + element.n] ?? NaN);
      }
      errors += (sum - (c.values[element.m * n + element.n] ?? NaN)) ** 2;
      squares += sum ** 2;
    }
    return errors < NEAR ** 2 * squares;
  };
  const [squareA, squareB] = [m === k, k === n];
  const turns: readonly (readonly [boolean, boolean, string])[] = [
    [squareA, false, sayA],
    [false, squareB, sayB],
    [squareA, squareB, `${sayA} and ${sayB}`],
  ];
  const found = turns.find(([turnA, turnB]) => (turnA || turnB) && near([turnA, turnB]));
  const far = `C is far from A B: ${relative.toPrecision(2)} of its norm, which rounding does not explain.`;
  return [found ? `${far} It is near with ${found[2]}.` : `${far} Are these the operands of this product?`];
}
