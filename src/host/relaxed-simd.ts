/** Relaxed SIMD in Node: up to Node 20 V8 has it behind a flag, which takes effect for modules that are compiled afterwards. */
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd } from '../execute/wasm';

/** For a process of one's own: a flag is everybody's. */
export function allowRelaxedSimd(): void {
  if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
