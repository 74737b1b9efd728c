/** `systole devices`: the adapters of this machine, what they offer, and what was measured of them. */
import type { Command } from 'commander';
import type { AdapterFacts } from '../host';
import { UserError } from '../numerics';
import { deviceText, type Device } from './device-text';
import { passingLine } from './progress';

interface DevicesOptions {
  readonly adapter?: string;
  readonly json?: true;
}

export function addDevices(program: Command): void {
  program
    .command('devices')
    .description('list the WebGPU adapters of this machine, probe their arithmetic and measure their peaks')
    .option('--adapter <name>', 'only adapters whose name holds this')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      `
Exit code: 0 fine; 1 no adapter can be used; 2 there is none, or none of that name.

Examples:
  systole devices
  systole devices --adapter swiftshader --json`,
    )
    .action(async ({ adapter = '', json }: DevicesOptions) => {
      const devices = await examine(adapter);
      console.log(json ? JSON.stringify(devices, null, 2) : devices.map(deviceText).join('\n\n'));
      if (devices.every(({ measured }) => 'problem' in measured)) process.exitCode = 1;
    });
}

/** @throws UserError when there is no adapter, or none of that name. */
async function examine(wanted: string): Promise<readonly Device[]> {
  const { listAdapters, openDevice } = await import('../host/node');
  const adapters = (await listAdapters()).filter(({ name }) =>
    name.toLowerCase().includes(wanted.toLowerCase()),
  );
  if (adapters.length === 0) await openDevice(wanted === '' ? {} : { adapter: wanted }); // refuses, and says what was tried
  const devices: Device[] = [];
  for (const adapter of adapters) {
    const clear = passingLine(process.stderr, `measuring ${adapter.name}`);
    try {
      devices.push({ adapter, measured: await measure(adapter) });
    } finally {
      clear();
    }
  }
  return devices;
}

/** An adapter that cannot be used is listed with the reason. */
async function measure({ name }: AdapterFacts): Promise<Device['measured']> {
  const { openDevice } = await import('../host/node');
  const { createWebGpuMatmul, DeviceLostError } = await import('../execute/webgpu');
  try {
    const host = await openDevice({ adapter: name });
    try {
      const matmul = await createWebGpuMatmul(host.device);
      await matmul.tune();
      return { probe: matmul.probe, peaks: await matmul.measurePeaks() };
    } finally {
      host.close();
    }
  } catch (error) {
    if (error instanceof UserError || error instanceof DeviceLostError) return { problem: error.message };
    throw error;
  }
}
