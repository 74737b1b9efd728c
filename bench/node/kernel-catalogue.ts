/**
 * The kernels of the library as the page's picker has them, sources and first inputs. Run by the build (scripts/build.js), which puts
 * the data into the bundle, and by a test.
 */
import { join } from 'node:path';
import { sizesOf, type LibraryKernel } from '../../src/kernels/entry';
import type { CatalogueEntry } from '../page/kernel/catalogue';
import { Standalone, type Root } from './standalone';

/** What the files of the library export, by their paths. */
export type LibraryFiles = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Catalogue {
  readonly entries: readonly CatalogueEntry[];
  /** Why a kernel is left out, a sentence each: its source is not found, or cannot stand alone. */
  readonly leftOut: readonly string[];
}

/** @param folder where `files` lie. */
export function kernelCatalogue(
  folder: string,
  files: LibraryFiles,
  library: readonly LibraryKernel[],
): Catalogue {
  const standalone = new Standalone(Object.keys(files).map((file) => join(folder, file)));
  const leftOut: string[] = [];
  const entries = library.flatMap((entry): CatalogueEntry[] => {
    const { name, summary, doc, chips, dtypes } = entry;
    const [dtype = 'float32'] = dtypes;
    const inputs = Object.entries(entry.inputs(sizesOf(entry), dtype)).map(([input, spec]) => ({
      name: input,
      ...spec,
    }));
    try {
      const { path, root } = rootOf(folder, files, entry, standalone);
      return [{ name, summary, doc, chips, inputs, source: standalone.write(path, root) }];
    } catch (error) {
      leftOut.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  return { entries, leftOut };
}

function rootOf(
  folder: string,
  files: LibraryFiles,
  entry: LibraryKernel,
  standalone: Standalone,
): { readonly path: string; readonly root: Root } {
  const sizes = sizesOf(entry);
  const own = Object.entries(sizes).filter(([name]) => entry.sizes[name]?.of === 'kernel');
  const made = entry.kernel(sizes);
  for (const [file, exported] of Object.entries(files)) {
    const path = join(folder, file);
    for (const [name, value] of Object.entries(exported)) {
      if (!standalone.declares(path, name)) continue; // handed on from another file
      if (value === made) return { path, root: { kind: 'kernel', name } };
      if (value !== entry) continue;
      const make = standalone.makerOf(path, name);
      if (make !== undefined && own.length > 0) {
        return { path, root: { kind: 'sizes', make, sizes: Object.fromEntries(own) } };
      }
    }
  }
  throw new Error(
    `its source was not found in ${folder}: export the kernel, or the entry that makes it from its sizes.`,
  );
}
