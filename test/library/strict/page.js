import { train } from './train.js';

const query = new URLSearchParams(location.search);
const options = { executor: query.get('executor') };

const tell = (result) => {
  document.body.textContent = JSON.stringify(result);
  document.body.dataset.state = 'done';
};

try {
  if (query.has('worker')) {
    const worker = new Worker('worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => tell(data);
    worker.onerror = ({ message }) => tell({ error: message });
    worker.postMessage(options);
  } else tell(await train(options));
} catch (error) {
  tell({ error: String(error) });
}
