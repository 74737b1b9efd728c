/** The environment of a report that was made in a browser: what it tells of itself, which is little by design. */
import type { Environment } from '../environment';

/** A user agent names several browsers; the first of these that it has is the one it is. */
const BROWSERS = ['Edg', 'OPR', 'Firefox', 'HeadlessChrome', 'Chrome', 'Version'] as const;
const NAMES: Readonly<Record<(typeof BROWSERS)[number], string>> = {
  Edg: 'Edge',
  OPR: 'Opera',
  Firefox: 'Firefox',
  HeadlessChrome: 'Chrome (headless)',
  Chrome: 'Chrome',
  Version: 'Safari',
};

export function browserEnvironment(): Environment {
  const { userAgent, hardwareConcurrency } = navigator;
  return {
    host: 'browser',
    runtime: runtimeOf(userAgent),
    platform: /\(([^)]*)\)/.exec(userAgent)?.[1] ?? 'unknown',
    cpu: null,
    cores: hardwareConcurrency,
    packages: {},
  };
}

export function runtimeOf(userAgent: string): string {
  for (const name of BROWSERS) {
    const version = new RegExp(`${name}/([\\d.]+)`).exec(userAgent)?.[1];
    if (version !== undefined) return `${NAMES[name]} ${version}`;
  }
  return userAgent;
}
