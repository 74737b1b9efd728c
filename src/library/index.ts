/** The library: the verified product in five lines. docs/library.md is its reference. */
export { NeuronCore } from './core';
export type { TuneOptions } from '../execute/webgpu';
export { openCore, type OpenOptions } from './open';
export type { Operand } from './operands';
export type { ProductOptions, ProgramOptions } from './options';
export { MatmulResult } from './result';
export type { Verdict, WrongOutput } from './verify';
