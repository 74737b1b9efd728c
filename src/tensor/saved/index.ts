/** Trees of arrays to and from .safetensors. */
export { loadArrays, restoreArrays } from './load';
export { saveArrays } from './save';
