/** The types of packages.js. */
import type { PeerPackages } from './lineup';

export const packages: PeerPackages;
