/** The devices that `--device` and a link name. */
export const DEVICES = ['webgpu', 'wasm'] as const;
export type DeviceName = (typeof DEVICES)[number];
