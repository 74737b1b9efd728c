/** The devices that the suite runs on: every adapter of this machine, software or real. */
import { listAdapters, openDevice, type Host } from '../../../src/host/node';

export const ADAPTERS: readonly string[] = (await listAdapters()).map(({ name }) => name);

/** Dawn's name for an adapter and WebGPU's description of it differ; their first word is the same. */
export const open = (name: string): Promise<Host> => openDevice({ adapter: /^\w+/.exec(name)?.[0] ?? name });
