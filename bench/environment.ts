/** What a report says of the software that ran and of its host. The version and the revision are constants of the build. */

declare const SYSTOLE_VERSION: string;
declare const SYSTOLE_REVISION: string;

export const SYSTOLE = { version: SYSTOLE_VERSION, revision: SYSTOLE_REVISION } as const;

export interface Environment {
  readonly host: 'node' | 'browser';
  /** Name and version: `Node v20.20.2`, `Chrome 147.0.7727.24`. */
  readonly runtime: string;
  /** Operating system and architecture, as far as the host tells. */
  readonly platform: string;
  /** Model of the processor; null in a browser, which does not tell. */
  readonly cpu: string | null;
  /** Logical processors. */
  readonly cores: number;
  /** Versions of the packages that a run depends on; null where a package is not installed. */
  readonly packages: Readonly<Record<string, string | null>>;
}
