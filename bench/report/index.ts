/** Reports of a benchmark run as data, text, CSV. The text for a terminal is `./table`, which only Node has a use for. */
export { toCsv } from './csv';
export type { Report } from './report';
