/**
 * Tunings kept in a browser: an IndexedDB database of the page's origin, in pages and workers alike. Storage may be refused, as in
 * private windows and frames of others: each call then rejects with the reason. A transaction is whole or absent.
 */
import type { TuningStore } from '../execute/webgpu';

const DATABASE = 'systole';
const TEXTS = 'tunings';

export function browserTunings(): TuningStore {
  return {
    host: `${navigator.userAgent}, ${navigator.hardwareConcurrency} processors`,
    async read(name) {
      const found = await transact<unknown>('readonly', (texts) => texts.get(name));
      if (found === undefined || typeof found === 'string') return found;
      throw new Error('what is stored is no text');
    },
    async write(name, text) {
      await transact('readwrite', (texts) => texts.put(text, name));
    },
    async forget() {
      const count = await transact('readonly', (texts) => texts.count());
      await transact('readwrite', (texts) => texts.clear());
      return count;
    },
  };
}

async function transact<T>(
  mode: IDBTransactionMode,
  act: (texts: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await opened();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(TEXTS, mode);
      const request = act(transaction.objectStore(TEXTS));
      transaction.oncomplete = () => {
        resolve(request.result);
      };
      transaction.onabort = () => {
        reject(refusal(transaction.error));
      };
    });
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  const { indexedDB } = globalThis as { readonly indexedDB?: IDBFactory };
  return new Promise((resolve, reject) => {
    if (indexedDB === undefined) {
      reject(new Error('this browser has no IndexedDB'));
      return;
    }
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(TEXTS);
    };
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(refusal(request.error));
    };
  });
}

const refusal = (error: DOMException | null): Error => new Error(error?.message ?? 'the browser refused it');
