/** Whose numbers are these? The hypothesis that explains somebody's product. */
export type { IdentifyOptions, IdentifyProgress, Stage } from './clock';
export {
  identifyFiles,
  identifySources,
  type BlobOptions,
  type FileRequest,
  type FilesRequest,
  type NamedBlob,
} from './files';
export type { Explanation, Identification, Verdict, WrittenElement } from './identification';
export { identify, type IdentifyRequest } from './identify';
export { identificationText } from './text';
