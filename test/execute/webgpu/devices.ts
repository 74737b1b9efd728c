/** The devices that the suite runs on: every adapter of this machine, software or real. */
import { listAdapters, openDevice, type Host } from '../../../src/host/node';

export const ADAPTERS: readonly string[] = (await listAdapters()).map(({ name }) => name);

export const open = (name: string): Promise<Host> => openDevice({ adapter: name });
