/** What a browser's host says when there is no WebGPU, no adapter or no device, and what it asks for when there is. */
import { afterEach, expect, test, vi } from 'vitest';
import { openBrowserDevice } from '../../src/host';
import { openDevice } from '../../src/host/node';
import { UserError } from '../../src/numerics';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A browser with this `navigator.gpu`, in a secure context or not. */
function browser(gpu: unknown, isSecureContext = true): void {
  vi.stubGlobal('navigator', gpu === undefined ? {} : { gpu });
  vi.stubGlobal('isSecureContext', isSecureContext);
}

test.each([
  ['in Node', () => undefined, /Node has no WebGPU of its own.*systole\/node/],
  [
    'over http',
    () => {
      browser(undefined, false);
    },
    /secure context.*https.*localhost/,
  ],
  [
    'in an old browser',
    () => {
      browser(undefined);
    },
    /no WebGPU\. Use Chrome or Edge 113.*Safari 26.*Firefox 141.*Linux/,
  ],
  [
    'without an adapter',
    () => {
      browser({ requestAdapter: () => Promise.resolve(null) });
    },
    /offers no adapter\. .*hardware acceleration.*chrome:\/\/gpu/,
  ],
  [
    'with an adapter that fails',
    () => {
      browser({ requestAdapter: () => Promise.reject(new Error('the process crashed')) });
    },
    /offers no adapter \(the process crashed\)/,
  ],
])('%s it says what to do', async (_, prepare, message) => {
  prepare();
  const error = await openBrowserDevice().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect(String(error)).toMatch(message);
});

test('a refused device is reported with the reason', async () => {
  const adapter = { features: new Set(), limits: {}, requestDevice: () => Promise.reject(new Error('lost')) };
  browser({ requestAdapter: () => Promise.resolve(adapter) });
  await expect(openBrowserDevice()).rejects.toThrow(/no device \(lost\)/);
});

test('the best adapter is asked for, its facts told, and close destroys the device', async () => {
  const real = await openDevice();
  const requestAdapter = vi.fn(() => Promise.resolve(real.adapter));
  vi.spyOn(real.adapter, 'requestDevice').mockResolvedValue(real.device);
  browser({ requestAdapter });
  const host = await openBrowserDevice();
  expect(requestAdapter).toHaveBeenCalledWith({
    powerPreference: 'high-performance',
    forceFallbackAdapter: false,
  });
  expect(host.facts.reason).toBe("the browser's choice for high-performance");
  host.close();
  expect((await host.lost).reason).toBe('destroyed');
  real.close();
});
