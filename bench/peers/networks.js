// The libraries that run networks, each loaded when it is asked for. Bundled for Node as for the page (build.js), because tfjs-core publishes
// its gradients as modules that Node cannot load.
export const packages = {
  'jax-js': () => import('@jax-js/jax'),
  tfjs: async () => {
    const [core] = await Promise.all([
      import('@tensorflow/tfjs-core'),
      import('@tensorflow/tfjs-backend-webgpu'),
      import('@tensorflow/tfjs-core/dist/register_all_gradients'),
    ]);
    return core;
  },
  'systole/tfjs': () => import('../networks/systole-tfjs'),
};
