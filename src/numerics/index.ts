/** Number formats: codes to values and back, rounding, packing, scans and bounds. The contract is docs/numerics.md. */
export { codeArray } from './arrays';
export { dotErrorBound, gamma } from './bounds';
export { ulpDistance } from './compare';
export { decode, decodeArray } from './decode';
export {
  DTYPES,
  NUMERIC_DTYPES,
  PACKED_DTYPES,
  type CodeArray,
  type Dtype,
  type NumericDtype,
  type PackedDtype,
} from './dtypes';
export { encode, encodeArray, ROUNDINGS, type EncodeOptions, type Rounding } from './encode';
export { UserError } from './errors';
export { requireFields } from './fields';
export { bitsOf, FORMATS, numberFormatOf, type Format } from './formats';
export { parseDtype, shortName, type ShortName } from './names';
export { nearestName } from './nearest';
export {
  decodeElements,
  elementOf,
  exactElements,
  isPacked,
  PACKED_LANES,
  packLanes,
  unpackLanes,
  type ElementDtype,
} from './packed';
export { packMatrix, packWords, rowWords, unpackMatrix, unpackWords } from './pack';
export { philox4x32, stochasticDraw, stochasticDraws, type Counter, type DrawKey, type Key } from './philox';
export { immunity, scanOperand, type Immunity, type ImmunityOperand, type OperandScan } from './scan';
