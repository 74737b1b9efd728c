/** A module is trusted once it has given the reference loop's bits: relaxed SIMD is what an engine makes of it. */
import { planMatmul } from '../../lower';
import { knownOperand } from '../known-operand';
import { referenceMatmul } from '../reference/matmul';
import { Caller } from './caller';
import { compile, hasRelaxedSimd, type Modules } from './module';

/** The quickest module that this engine has and that proves itself. @throws UserError where WebAssembly with SIMD is refused. */
export async function provedModules(relaxed: boolean): Promise<Modules> {
  if (relaxed && hasRelaxedSimd()) {
    const modules = await compile(true);
    if (isRight(modules)) return modules;
  }
  const modules = await compile(false);
  if (isRight(modules)) return modules;
  throw new Error('This engine computes WebAssembly SIMD wrongly: its results are not those of IEEE 754.');
}

/** Ragged in every direction, three passes, two groups; sums of exact products that round at most additions. */
function isRight(modules: Modules): boolean {
  const dtype = 'bfloat16';
  const plan = planMatmul({ m: 6, n: 11, k: 330, a: dtype, b: dtype, block: { k: 256 } });
  const operands = { a: knownOperand(dtype, plan.m * plan.k, 1), b: knownOperand(dtype, plan.k * plan.n, 2) };
  const expected = referenceMatmul(plan, operands);
  const actual = new Caller(modules).multiply(plan, operands);
  return expected.every((code, index) => code === actual[index]);
}
