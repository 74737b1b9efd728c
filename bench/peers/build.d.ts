/** The types of build.js. */
import type { BuildOptions } from 'esbuild';

export function peersAreInstalled(): boolean;
export function buildPeersPage(common: BuildOptions, outdir: string): Promise<void>;
export function buildPeersForNode(common: BuildOptions, outdir: string): Promise<void>;
