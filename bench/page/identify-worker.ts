/** The worker that identifies somebody's product: one for each, begun by its first message. */
import { UserError } from '../../src/numerics';
import { identificationText, identifyFiles } from '../identify';
import { PAGE_CONTROLS, type FromIdentifier, type ToIdentifier } from './identify-protocol';

const send = (message: FromIdentifier): void => {
  self.postMessage(message);
};

self.addEventListener('message', ({ data: { files, ...options } }: MessageEvent<ToIdentifier>) => {
  const onProgress = (progress: Extract<FromIdentifier, { type: 'progress' }>['progress']): void => {
    send({ type: 'progress', progress });
  };
  identifyFiles(files, { ...options, controls: PAGE_CONTROLS, onProgress }).then(
    (identification) => {
      send({ type: 'identified', identification, text: identificationText(identification) });
    },
    (error: unknown) => {
      if (!(error instanceof UserError)) throw error; // an `error` event of the worker tells the page
      send({ type: 'refused', message: error.message });
    },
  );
});
