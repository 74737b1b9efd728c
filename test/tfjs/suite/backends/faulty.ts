/** tfjs's own backend with one kernel that is wrong: the specs of that kernel must fail. */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { Abs, getKernelsForBackend, Identity, registerBackend, registerKernel } from '@tensorflow/tfjs-core';
import { testBackend } from '../test-backend';

const kernels = getKernelsForBackend('cpu');
const identity = kernels.find(({ kernelName }) => kernelName === Identity);
for (const kernel of kernels) {
  const taken = kernel.kernelName === Abs ? identity : kernel;
  if (taken === undefined) throw new Error(`tfjs-backend-cpu has no kernel ${Identity}`);
  registerKernel({ ...taken, kernelName: kernel.kernelName, backendName: 'faulty' });
}
registerBackend('faulty', () => new MathBackendCPU());
testBackend('faulty');
