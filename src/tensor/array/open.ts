/** Opening arrays, on whatever executor there is. */
import { parseChip, type ChipName } from '../../chip';
import { requireFields } from '../../numerics';
import { ReferenceExecutor } from '../reference';
import { Arrays } from './arrays';

export interface OpenArraysOptions {
  /** Whose formats and order of additions hold; trn2 when left out. */
  readonly chip?: ChipName;
}

/** @throws UserError for unknown options. */
export async function openArrays(options: OpenArraysOptions = {}): Promise<Arrays> {
  requireFields('openArrays', options, ['chip']);
  return new Arrays(await ReferenceExecutor.create({ chip: parseChip(options.chip ?? 'trn2') }));
}
