/** `systole devices`: the adapters of this machine, what they offer, and what was measured of them. */
import type { Command } from 'commander';
import type { WebGpuMatmul } from '../execute/webgpu';
import type { AdapterFacts } from '../host';

interface DevicesOptions {
  readonly adapter?: string;
  readonly json?: true;
}

interface Device {
  readonly adapter: AdapterFacts;
  readonly probe: WebGpuMatmul['probe'];
  readonly peaks: Awaited<ReturnType<WebGpuMatmul['measurePeaks']>>;
}

export function addDevices(program: Command): void {
  program
    .command('devices')
    .description('list the WebGPU adapters of this machine, probe their arithmetic and measure their peaks')
    .option('--adapter <name>', 'only adapters whose name holds this')
    .option('--json', 'print everything as JSON')
    .addHelpText('after', '\nExamples:\n  systole devices\n  systole devices --adapter swiftshader --json')
    .action(async ({ adapter = '', json }: DevicesOptions) => {
      const devices = await examine(adapter);
      console.log(json ? JSON.stringify(devices, null, 2) : devices.map(deviceText).join('\n\n'));
    });
}

/** @throws UserError when there is no adapter, or none of that name. */
async function examine(wanted: string): Promise<readonly Device[]> {
  const { listAdapters, openDevice } = await import('../host/node');
  const { createWebGpuMatmul } = await import('../execute/webgpu');
  const adapters = (await listAdapters()).filter(({ name }) =>
    name.toLowerCase().includes(wanted.toLowerCase()),
  );
  if (adapters.length === 0) await openDevice(wanted === '' ? {} : { adapter: wanted }); // refuses, and says what was tried
  const devices: Device[] = [];
  for (const adapter of adapters) {
    const host = await openDevice({ adapter: adapter.name });
    try {
      const matmul = await createWebGpuMatmul(host.device);
      devices.push({ adapter, probe: matmul.probe, peaks: await matmul.measurePeaks() });
    } finally {
      host.close();
    }
  }
  return devices;
}

function deviceText({ adapter, probe, peaks }: Device): string {
  const { name, vendor, architecture, kind, reason, features, limits } = adapter;
  return [
    `${name} (${kind})`,
    `  vendor    ${[vendor, architecture].filter((text) => text !== '').join(', ') || 'not said'}`,
    `  chosen    ${reason}`,
    ...section('features', features.length === 0 ? ['none beyond core WebGPU'] : features),
    ...section('limits', pairs(limits)),
    ...section('probe', pairs(probe)),
    ...section('peaks', pairs(peaks)),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}

function pairs(values: object): string[] {
  return Object.entries(values).map(([name, value]: [string, unknown]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name.padEnd(44)} ${text}`;
  });
}
