/** The library: the verified product in five lines. docs/library.md is its reference. */
export { NeuronCore, type TuneOptions } from './core';
export { openCore, type OpenOptions } from './open';
export type { Operand } from './operands';
export type { ProductOptions, ProgramOptions } from './options';
export { MatmulResult } from './result';
export type { Verdict, WrongOutput } from './verify';
