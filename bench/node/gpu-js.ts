/** gpu.js for the CPU column, where it is installed. */
import { createRequire } from 'node:module';
import type { GpuJs } from '../baseline';

/** A user's install need not have it. */
export function loadGpuJs(): GpuJs | undefined {
  const require = createRequire(import.meta.url);
  try {
    return require('gpu.js') as GpuJs;
  } catch {
    return undefined;
  }
}
