/** What a report says of the machine and the software that ran. The version and the revision are constants of the build. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';

declare const SYSTOLE_VERSION: string;
declare const SYSTOLE_REVISION: string;

export const SYSTOLE = { version: SYSTOLE_VERSION, revision: SYSTOLE_REVISION } as const;

export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Versions of the packages that a run depends on; null where a package is not installed. */
  readonly packages: Readonly<Record<string, string | null>>;
}

const PACKAGES = ['webgpu', '@sparticuz/chromium', 'gpu.js'] as const;

export function environment(): Environment {
  const processors = cpus();
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, installedVersion(name)])),
  };
}

/** Packages need not export their package.json, so it is looked for above their entry point. */
function installedVersion(name: string): string | null {
  const require = createRequire(import.meta.url);
  try {
    let folder = dirname(require.resolve(name));
    while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : null;
  } catch {
    return null;
  }
}
