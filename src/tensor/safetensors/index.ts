/** The .safetensors format on arrays of codes; docs/arrays.md tells how it is used. */
export type { ReadOptions, SafetensorsEntry, SafetensorsHeader } from './header';
export {
  openSafetensors,
  openSafetensorsStream,
  type SafetensorsFile,
  type SafetensorsStream,
  type SafetensorsTensor,
  type Select,
} from './read';
export type { ByteRanges, ByteStream, SafetensorsSource } from './source';
export type { StoredDtype } from './stored';
export { safetensorsStream, writeSafetensors, type TensorToWrite, type WriteOptions } from './write';
