/** The kernels of the library as the picker offers them. The build puts them in the place of this file (scripts/build.js). */
import type { CatalogueEntry } from './catalogue';

export const LIBRARY_KERNELS: readonly CatalogueEntry[] = [];
