/** Reports of a benchmark run: text, JSON and CSV. */
export { toCsv } from './csv';
export type { Report } from './report';
export { toText } from './table';
export { checkWritable, writeAtomically } from './write';
