/** The types of networks.js. */
import type { NetworkPackages } from '../networks/lineup';

export const packages: NetworkPackages;
