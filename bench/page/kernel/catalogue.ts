/** The kernels that the page offers to begin with: those of the library as plain data, and an example of one's own. */
import type { ChipName } from '../../../src/chip';
import { NORMAL, type InputSetting, type KernelSettings } from './settings';

export interface CatalogueEntry {
  readonly name: string;
  readonly summary: string;
  /** Its page, from the root of the repository. */
  readonly doc: string;
  readonly chips: readonly ChipName[];
  readonly inputs: readonly InputSetting[];
  /** Stands alone. */
  readonly source: string;
}

/** What a kernel of the library is run with at first. */
export function settingsOf({ source, chips, inputs }: CatalogueEntry): KernelSettings {
  const chip = chips.includes(OWN.chip) ? OWN.chip : (chips[0] ?? OWN.chip);
  return { ...OWN, source, chip, inputs };
}

/** A first kernel of one's own. */
export const OWN: KernelSettings = {
  source: `import { kernel } from 'systole/kernel';

export default kernel('scaled_sum', ['a', 'b'], (nc, { a, b }) => {
  const [rows = 0, columns = 0] = a.shape;
  const out = nc.hbm('out', [rows, columns], a.dtype); // an output
  for (let row = 0; row < rows; row += 128) {
    const tile = [row, Math.min(row + 128, rows)] as const;
    const shape = [tile[1] - tile[0], columns];
    const left = nc.sbuf(shape, a.dtype); // [partitions, free dimensions ...]
    const right = nc.sbuf(shape, b.dtype);
    nc.dma_copy(left, { src: a.slice(tile) }); // destination first, operands by their NKI names
    nc.dma_copy(right, { src: b.slice(tile) });
    const sum = nc.sbuf(shape, 'float32');
    nc.tensor_tensor(sum, { data1: left, data2: right, op: 'add' });
    const scaled = nc.sbuf(shape, a.dtype);
    nc.tensor_scalar(scaled, { data: sum, op0: 'multiply', operand0: 0.5 });
    nc.dma_copy(out.slice(tile), { src: scaled });
  }
});
`,
  kernel: '',
  chip: 'trn2',
  executor: 'reference',
  inputs: [
    { name: 'a', shape: [200, 64], dtype: 'bfloat16', distribution: NORMAL },
    { name: 'b', shape: [200, 64], dtype: 'bfloat16', distribution: NORMAL },
  ],
  seed: 1,
  seconds: 30,
  budget: 200_000,
};
