// The peers' libraries, each loaded when it is asked for. JavaScript, because nothing here may be installed when the rest is
// type-checked. Node loads this file as it is; bench/peers/build.js bundles it for the page.
export const packages = {
  'jax-js': () => import('@jax-js/jax'),
  tfjs: async () => {
    const [core] = await Promise.all([
      import('@tensorflow/tfjs-core'),
      import('@tensorflow/tfjs-backend-webgpu'),
    ]);
    return core;
  },
  'onnxruntime-web': () => import('onnxruntime-web/webgpu'),
  'gpu.js': async () => (await import('gpu.js')).default,
};
