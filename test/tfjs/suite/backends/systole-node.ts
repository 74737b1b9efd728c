/** systole on Node's WebGPU; tfjs's own backend is there for the kernels of strings. */
import '@tensorflow/tfjs-backend-cpu';
import { openArrays } from '../../../../src/node';
import { registerSystole } from '../../../../src/tfjs';
import { testBackend } from '../test-backend';

registerSystole({ arrays: openArrays({ executor: 'webgpu' }) });
testBackend('systole');
