/** The page's server: headers, types, what it refuses; and the page as a program drives it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { serveDriven } from '../../bench/browser/driver';
import { PortError, servePage } from '../../bench/browser/server';
import { UserError } from '../../src/numerics';

const folder = mkdtempSync(join(tmpdir(), 'systole-page-'));
writeFileSync(join(folder, 'index.html'), '<html><head></head><body>page</body></html>');
writeFileSync(join(folder, 'main.js'), 'export {};');
writeFileSync(join(folder, 'matmul.wasm'), '');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('servePage', () => {
  it('isolates the page, names types, caches nothing, and gives nothing from outside the folder', async () => {
    const { url, close } = await servePage(folder);
    try {
      const index = await fetch(url);
      expect(await index.text()).toContain('page');
      expect(Object.fromEntries(index.headers)).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      const types = ['', 'main.js', 'matmul.wasm'].map(async (path) =>
        (await fetch(url + path)).headers.get('content-type'),
      );
      expect(await Promise.all(types)).toEqual([
        'text/html;charset=utf-8',
        'text/javascript',
        'application/wasm',
      ]);
      for (const path of ['none.js', '%2e%2e/etc/passwd', '..%2fetc%2fpasswd', '%ff']) {
        expect((await fetch(url + path)).status).toBe(404);
      }
    } finally {
      await close();
    }
  });

  it('says which port is taken, which address is foreign, and when there is no page', async () => {
    const { url, close } = await servePage(folder);
    const port = Number(new URL(url).port);
    const taken = await servePage(folder, { port }).catch((reason: unknown) => reason);
    await close();
    expect(taken).toBeInstanceOf(UserError);
    expect(taken).toMatchObject({ taken: true });
    expect(String(taken)).toContain(`Port ${port} of 127.0.0.1 is taken`);
    const foreign = await servePage(folder, { host: '192.0.2.1' }).catch((reason: unknown) => reason);
    expect(foreign).toBeInstanceOf(PortError);
    expect(String(foreign)).toContain('no address "192.0.2.1"');
    await expect(servePage('/no/such/folder')).rejects.toThrow('There is no page in /no/such/folder');
  });
});

describe('serveDriven', () => {
  it('hands on messages and faults in order, and answers stop when it is wanted', async () => {
    const got: unknown[] = [];
    const stop = new AbortController();
    const { url, close } = await serveDriven(folder, 'index.html', {
      onMessage: (message) => got.push(message),
      onFault: (fault) => got.push(fault),
      stop: stop.signal,
    });
    try {
      expect(await (await fetch(`${url}index.html`)).text()).toContain('src="driver/script.js"');
      const script = await (await fetch(`${url}driver/script.js`)).text();
      expect(script).toMatch(/^\(function drive\(\) \{[^]*\}\)\(\);$/);
      let stopped = false;
      const answer = fetch(`${url}driver/stop`).then(({ status }) => {
        stopped = true;
        return status;
      });
      await fetch(`${url}driver/message`, { method: 'POST', body: '{"type":"event"}' });
      await fetch(`${url}driver/fault`, { method: 'POST', body: '"broken"' });
      expect(got).toEqual([{ type: 'event' }, 'broken']);
      expect(stopped).toBe(false);
      stop.abort();
      expect(await answer).toBe(204);
    } finally {
      await close();
    }
  });
});
