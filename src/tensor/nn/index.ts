/** Layers and losses, few and plain. */
export {
  attention,
  multiHeadAttention,
  type AttentionOptions,
  type MultiHeadOptions,
  type MultiHeadParameters,
} from './attention';
export {
  averagePool,
  convolution,
  maxPool,
  type ConvolutionOptions,
  type ConvolutionParameters,
  type PoolingOptions,
} from './convolution';
export { embedding, type EmbeddingOptions, type EmbeddingParameters } from './embedding';
export { Draws, layer, type Layer } from './layer';
export {
  linear,
  mlp,
  type LinearOptions,
  type LinearParameters,
  type MlpOptions,
  type MlpParameters,
} from './linear';
export { crossEntropy, meanSquaredError } from './loss';
export {
  layerNorm,
  rmsNorm,
  type LayerNormParameters,
  type NormOptions,
  type RmsNormParameters,
} from './norm';
export { rotary, type RotaryOptions } from './rotary';
