// The peers' libraries, each loaded when it is asked for. JavaScript, because nothing here may be installed when the rest is
// type-checked. Node loads this file as it is; bench/peers/build.js bundles it for the page.
// The entry that starts threads there; no literal in its place, which would be bundled for the page.
const IN_NODE = 'onnxruntime-web';

export const packages = {
  'jax-js': () => import('@jax-js/jax'),
  tfjs: async () => {
    const [core] = await Promise.all([
      import('@tensorflow/tfjs-core'),
      import('@tensorflow/tfjs-backend-webgpu'),
    ]);
    return core;
  },
  'tfjs-wasm': async () => {
    const [core, wasm] = await Promise.all([
      import('@tensorflow/tfjs-core'),
      import('@tensorflow/tfjs-backend-wasm'),
    ]);
    return { core, wasm };
  },
  'onnxruntime-web': () => import('onnxruntime-web/webgpu'),
  'onnxruntime-wasm': () =>
    'window' in globalThis || 'WorkerGlobalScope' in globalThis
      ? import('onnxruntime-web/wasm')
      : import(IN_NODE),
  'gpu.js': async () => (await import('gpu.js')).default,
};
