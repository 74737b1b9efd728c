/** WebGPU devices in Node: the system's adapters and the embedded software adapter. */
export { listAdapters, openDevice, type AdapterFacts, type Host, type HostOptions } from './host/node';
