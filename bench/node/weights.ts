/** The B operand of a case from a weights file. */
import { matrixReader, readWeights, type Weights, type WeightsLayout } from '../weights';
import { openSource } from './source';

export interface WeightsRequest {
  readonly path: string;
  /** Which tensor of a .safetensors file; needed when it has several matrices. */
  readonly tensor?: string | undefined;
  /** `nk` for .safetensors and `kn` for .npy when left out. */
  readonly layout?: WeightsLayout | undefined;
}

/** @throws UserError when the file is missing, truncated, of another format or dtype, or the tensor is not a matrix. */
export async function loadWeights({ path, ...options }: WeightsRequest): Promise<Weights> {
  matrixReader(path); // refuses a name of another kind before the file is looked for
  const source = await openSource(path);
  try {
    return await readWeights(source, options);
  } finally {
    await source.close();
  }
}
