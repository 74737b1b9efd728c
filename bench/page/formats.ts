/** The formats, groups and chips of the form in plain words. Widths and limits are those of docs/numerics.md. */
import { CHIPS, type ChipName } from '../../src/chip';
import { shortName, type Dtype } from '../../src/numerics';
import type { ALayout } from '../../src/lower';
import { parsePair, type Group } from '../cases';
import type { DeviceName } from '../device-names';
import { SQUARES, TOKENS } from '../models';

export const FORMAT_WORDS = {
  float32: 'IEEE single precision',
  tfloat32: 'float32’s range, 10 bits of mantissa',
  bfloat16: 'float32’s range, 7 bits of mantissa',
  float16: 'IEEE half precision',
  float8_e4m3: 'IEEE-like, 3 bits of mantissa, up to 240',
  float8_e4m3fn: 'OCP, no infinity, up to 448; trn3',
  float8_e5m2: 'float16’s range, 2 bits of mantissa',
  float8_e3m4: '4 bits of mantissa, up to 15.5',
  float8_e8m0fnu: 'powers of two, no sign',
  float4_e2m1fn: 'a bit of mantissa, up to 6',
  int8: '8 bits, signed',
  uint8: '8 bits, unsigned',
  int16: '16 bits, signed',
  uint16: '16 bits, unsigned',
  int32: '32 bits, signed',
  uint32: '32 bits, unsigned',
  float8_e5m2_x4: 'four float8_e5m2',
  float8_e4m3fn_x4: 'four float8_e4m3fn',
  float4_e2m1fn_x4: 'four float4_e2m1fn',
} as const satisfies Record<Dtype, string>;

/** Of a pair by its short name. */
export function pairWords(pair: string): string {
  const [a, b] = parsePair(pair);
  return a === b ? FORMAT_WORDS[a] : `A in ${shortName(a)}, B in ${shortName(b)}`;
}

const tokens = `${TOKENS.slice(0, -1).join(', ')} and ${TOKENS.at(-1) ?? ''} tokens`;

export const GROUP_WORDS = {
  square: `M = N = K from ${SQUARES[0]} to ${SQUARES.at(-1) ?? ''}`,
  gpt2: `GPT-2, ${tokens}`,
  'qwen2.5-0.5b': `Qwen 2.5, ${tokens}`,
  'llama3.1-8b': `Llama 3.1, ${tokens}`,
} as const satisfies Record<Group, string>;

export const CHIP_WORDS: Readonly<Record<ChipName | 'auto', string>> = {
  auto: 'trn2, or trn3 for formats that trn2 lacks',
  trn1: `trn1 (${CHIPS.trn1.core})`,
  trn2: `trn2 (${CHIPS.trn2.core})`,
  trn3: `trn3 (${CHIPS.trn3.core})`,
};

export const DEVICE_WORDS = {
  webgpu: 'WebGPU',
  wasm: 'WASM, on all processors',
} as const satisfies Record<DeviceName, string>;

export const LAYOUT_WORDS = {
  'row-major': 'row-major, [M, K]',
  'k-major': 'k-major, [K, M], the chip’s own',
} as const satisfies Record<ALayout, string>;
