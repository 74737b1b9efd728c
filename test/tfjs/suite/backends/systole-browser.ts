/** systole on the page's WebGPU; tfjs's own backend is there for the kernels of strings. */
import '@tensorflow/tfjs-backend-cpu';
import { registerSystole } from '../../../../src/tfjs';
import { testBackend } from '../test-backend';

registerSystole({ executor: 'webgpu' });
testBackend('systole');
