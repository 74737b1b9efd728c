/** Functions of nodes, made of primitives. docs/arrays.md says what each rounds, and when. */
export * from './activations';
export * from './arithmetic';
export * from './exponential';
export * from './hyperbolic';
export { broadcastTo, commonShape, expand, moveAxis, padAxis, reversed, sliceAxis, squeeze } from './shapes';
export * from './trigonometry';
export * from './cumulative';
export * from './linalg';
export * from './reductions';
export * from './convolution';
export * from './einsum';
export * from './pooling';
export { spatialAxes, type Edges, type Spatial, type SpatialAxis, type SpatialPadding } from './spatial';
