/** The environment of a report that was made in Node. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../environment';

const PACKAGES = ['webgpu', '@sparticuz/chromium', 'gpu.js'] as const;

export function nodeEnvironment(): Environment {
  const processors = cpus();
  return {
    host: 'node',
    runtime: `Node ${process.version}`,
    platform: `${process.platform}-${process.arch}`,
    cpu: processors[0]?.model ?? null,
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
