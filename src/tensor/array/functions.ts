/** Functions of elements that are computed in float32, of integers too: quotients, roots, powers, the Scalar engine's functions. */
import type { Dtype } from '../../numerics';
import * as compose from '../compose';
import { make, type Node } from '../graph';
import type { NDArray } from './ndarray';
import { contextOf, meet, meetingDtype, nodeOf, type Operand, type ResultOptions } from './operands';
import { optionsOf, RESULT } from './options';
import { floating, isInteger } from './promotion';

type Unary = (x: NDArray, options?: ResultOptions) => NDArray;
type Binary = (x: Operand, y: Operand, options?: ResultOptions) => NDArray;

const unary =
  (op: string, fn: (x: Node, dtype: Dtype) => Node): Unary =>
  (x, options = {}) => {
    const { dtype } = optionsOf(op, options, RESULT);
    const node = nodeOf(op, x);
    return x.arrays.adopt(fn(node, dtype === undefined ? floating(x.dtype) : x.arrays.checkDtype(op, dtype)));
  };

/** @param result the format of what meets in a format. */
const binary =
  (op: string, fn: (x: Node, y: Node, dtype: Dtype) => Node, result: (dtype: Dtype) => Dtype): Binary =>
  (x, y, options = {}) => {
    const { dtype } = optionsOf(op, options, RESULT);
    const operands = [x, y];
    const arrays = contextOf(op, operands);
    const common = result(meetingDtype(op, operands));
    const nodes = meet(op, arrays, operands, common);
    const [a, b] = (isInteger(common) ? nodes.map((node) => make.cast(node, common)) : nodes) as [Node, Node];
    return arrays.adopt(fn(a, b, dtype === undefined ? common : arrays.checkDtype(op, dtype)));
  };

const same = (dtype: Dtype): Dtype => dtype;

/** x times the reciprocal of y, rounded in between, as the chip divides. */
export const divide = /* @__PURE__ */ binary('divide', compose.divide, floating);
/** Towards minus infinity; of integers exactly, and 0 where one divides by 0. */
export const floorDivide = /* @__PURE__ */ binary('floorDivide', compose.floorDivide, same);
/** What floorDivide leaves, with the sign of y. */
export const mod = /* @__PURE__ */ binary('mod', compose.mod, same);
/** What the quotient towards zero leaves, with the sign of x. */
export const fmod = /* @__PURE__ */ binary('fmod', compose.fmod, same);
export const power = /* @__PURE__ */ binary('power', compose.power, same);
export const arctan2 = /* @__PURE__ */ binary('arctan2', compose.atan2, floating);
export const hypot = /* @__PURE__ */ binary('hypot', compose.hypot, floating);
export const logaddexp = /* @__PURE__ */ binary('logaddexp', compose.logaddexp, floating);
export const copysign = /* @__PURE__ */ binary('copysign', compose.copysign, floating);

export const reciprocal = /* @__PURE__ */ unary('reciprocal', compose.reciprocal);
export const sqrt = /* @__PURE__ */ unary('sqrt', compose.sqrt);
export const rsqrt = /* @__PURE__ */ unary('rsqrt', compose.rsqrt);
export const exp = /* @__PURE__ */ unary('exp', compose.exp);
export const exp2 = /* @__PURE__ */ unary('exp2', compose.exp2);
export const expm1 = /* @__PURE__ */ unary('expm1', compose.expm1);
export const log = /* @__PURE__ */ unary('log', compose.log);
export const log2 = /* @__PURE__ */ unary('log2', compose.log2);
export const log10 = /* @__PURE__ */ unary('log10', compose.log10);
export const log1p = /* @__PURE__ */ unary('log1p', compose.log1p);
export const sin = /* @__PURE__ */ unary('sin', compose.sin);
export const cos = /* @__PURE__ */ unary('cos', compose.cos);
export const tan = /* @__PURE__ */ unary('tan', compose.tan);
export const arcsin = /* @__PURE__ */ unary('arcsin', compose.asin);
export const arccos = /* @__PURE__ */ unary('arccos', compose.acos);
export const arctan = /* @__PURE__ */ unary('arctan', compose.atan);
export const sinh = /* @__PURE__ */ unary('sinh', compose.sinh);
export const cosh = /* @__PURE__ */ unary('cosh', compose.cosh);
export const tanh = /* @__PURE__ */ unary('tanh', compose.tanh);
export const arcsinh = /* @__PURE__ */ unary('arcsinh', compose.asinh);
export const arccosh = /* @__PURE__ */ unary('arccosh', compose.acosh);
export const arctanh = /* @__PURE__ */ unary('arctanh', compose.atanh);
export const erf = /* @__PURE__ */ unary('erf', compose.erf);
export const erfc = /* @__PURE__ */ unary('erfc', compose.erfc);
export const sigmoid = /* @__PURE__ */ unary('sigmoid', compose.sigmoid);
export const softplus = /* @__PURE__ */ unary('softplus', compose.softplus);
export const gelu = /* @__PURE__ */ unary('gelu', compose.gelu);
/** By the hyperbolic tangent. */
export const geluTanh = /* @__PURE__ */ unary('geluTanh', compose.geluTanh);
export const silu = /* @__PURE__ */ unary('silu', compose.silu);
export const mish = /* @__PURE__ */ unary('mish', compose.mish);

/** uint8: 1 where it holds. */
export const isinf = (x: NDArray): NDArray => x.arrays.adopt(compose.isinf(nodeOf('isinf', x)));
export const isfinite = (x: NDArray): NDArray => x.arrays.adopt(compose.isfinite(nodeOf('isfinite', x)));
export const signbit = (x: NDArray): NDArray => x.arrays.adopt(compose.signbit(nodeOf('signbit', x)));
