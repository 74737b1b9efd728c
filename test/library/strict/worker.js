import { train } from './train.js';

onmessage = async ({ data }) => {
  postMessage(await train(data).catch((error) => ({ error: String(error) })));
};
