/** Our backend with tfjs-core and its gradients. */
import * as core from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';

export { registerSystole } from '../../src/tfjs';
export { core };
