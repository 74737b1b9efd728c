/** Tunings kept in IndexedDB, in a real browser: read, replaced, forgotten; what is no text, and a storage that is refused. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserTunings } from '../../../src/host';
import { IN_BROWSER } from '../runs';

describe.runIf(IN_BROWSER)('in a browser', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('keeps texts until they are forgotten, for every store of the origin', async () => {
    const store = browserTunings();
    expect(store.host).toMatch(/Chrome.* \d+ processors$/);
    await store.forget();
    expect(await store.read('tunings-1')).toBeUndefined();
    await store.write('tunings-1', 'first');
    await store.write('tunings-1', 'second');
    await store.write('tunings-2', 'other');
    expect(await browserTunings().read('tunings-1')).toBe('second');
    expect(await store.forget()).toBe(2);
    expect(await store.read('tunings-1')).toBeUndefined();
  });

  it('refuses what somebody else stored', async () => {
    await browserTunings().write('tunings-3', 7 as unknown as string);
    await expect(browserTunings().read('tunings-3')).rejects.toThrow('no text');
    await browserTunings().forget();
  });

  it('says why nothing can be kept', async () => {
    vi.stubGlobal('indexedDB', undefined);
    await expect(browserTunings().write('tunings-4', 'x')).rejects.toThrow('no IndexedDB');
    const request = { error: new DOMException('denied') } as { error: DOMException; onerror?: () => void };
    vi.stubGlobal('indexedDB', {
      open: () => {
        queueMicrotask(() => request.onerror?.());
        return request;
      },
    });
    await expect(browserTunings().read('tunings-4')).rejects.toThrow('denied');
  });
});
