/** The comparison in a headless Chromium, by the peers' page of the local build (bench/page/peers.tsx). */
import { writeLink } from '../page/link';
import { checkSettings, DEFAULTS } from '../settings';
import { drivePage, withProcessor } from './driven-page';
import type { PeersProgress, PeersReport, PeersRequest } from './report';

export interface BrowserPeersRequest extends Omit<PeersRequest, 'now' | 'rounds'> {
  /** `swiftshader`, or `default` for whatever the browser offers; a real GPU where there is one when left out. */
  readonly adapter?: string | undefined;
  /** Only the fields of this device. */
  readonly device?: 'webgpu' | 'wasm' | undefined;
}

/** @throws UserError when the peers are not installed, no browser or no WebGPU is there, or for a setting that the page refuses. */
export async function runPeersInBrowser(request: BrowserPeersRequest): Promise<PeersReport> {
  const { shapes, seed, budgetSeconds, adapter, device, ...listener } = request;
  const link = writeLink(checkSettings({ ...DEFAULTS, shapes, seed, budgetSeconds }));
  const query = device === undefined ? '' : `?device=${device}`;
  return withProcessor(
    await drivePage<PeersProgress, PeersReport>(`peers.html${query}#${link}`, adapter, listener),
  );
}
