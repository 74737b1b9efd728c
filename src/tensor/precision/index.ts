/** Precision for training: how parameters are rounded, loss scaling, products in fp8. */
export { fp8Matmul, type Fp8Options } from './fp8';
export { stepKey, type Storage } from './rounding';
export { lossScaling, type LossScale, type LossScaling, type LossScalingOptions } from './scaling';
