/**
 * Firefox without a driver: started headless with a profile of its own, which is thrown away, it opens one address.
 * Preferences: https://searchfox.org/mozilla-central/source/modules/libpref/init/StaticPrefList.yaml (dom.webgpu, gfx.webgpu).
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { UserError } from '../../src/numerics';

export interface OpenedFirefox {
  readonly executable: string;
  /** Settles when the process is gone; the text is what it said last. */
  readonly ended: Promise<string>;
  readonly close: () => Promise<void>;
}

/** WebGPU wherever wgpu finds an adapter, software ones too; and nothing that calls home or asks. */
const PREFERENCES = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
} as const;

/** Characters of the process's output that a message may quote. */
const TAIL = 400;

/** @throws UserError when no Firefox is there. */
export async function openFirefox(url: string): Promise<OpenedFirefox> {
  const executable = findFirefox();
  const profile = await mkdtemp(join(tmpdir(), 'systole-firefox-'));
  await writeFile(
    join(profile, 'user.js'),
    Object.entries(PREFERENCES)
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
      .join(''),
  );
  const child = spawn(executable, ['--headless', '--no-remote', '--profile', profile, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // an interruption at the terminal is for this process alone
  });
  const kill = (): void => {
    child.kill();
  };
  process.once('exit', kill);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-TAIL);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => {
      resolve(message);
    });
    child.once('exit', () => {
      resolve(said);
    });
  });
  return {
    executable,
    ended,
    async close() {
      kill();
      await ended;
      process.off('exit', kill);
      // Its children write into the profile until they notice.
      await rm(profile, { recursive: true, force: true, maxRetries: 20 });
    },
  };
}

function findFirefox(): string {
  const named = process.env['SYSTOLE_FIREFOX'];
  if (named) {
    if (existsSync(named)) return named;
    throw new UserError(`SYSTOLE_FIREFOX names "${named}", where no file is.`);
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const places = [
    ...['firefox', 'firefox-esr'].flatMap((name) => folders.map((folder) => join(folder, name))),
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    join(process.env['PROGRAMFILES'] ?? '', 'Mozilla Firefox', 'firefox.exe'),
  ];
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new UserError(
    'No Firefox was found. Install one (Debian: apt install firefox-esr), or name it by SYSTOLE_FIREFOX=/path/to/firefox.',
  );
}
