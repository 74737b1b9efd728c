/** Our backend with the tfjs-core that it was built for, which is not the one beside the peers' WebGPU backend. */
import * as core from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';

export { registerSystole } from '../../src/tfjs';
export { core };
