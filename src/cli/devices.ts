/** `systole devices`: the adapters of this machine, what they offer, and what was measured of them. */
import type { Command } from 'commander';
import type { WebGpuMatmul } from '../execute/webgpu';
import type { AdapterFacts } from '../host';
import { UserError } from '../numerics';

interface DevicesOptions {
  readonly adapter?: string;
  readonly json?: true;
}

interface Device {
  readonly adapter: AdapterFacts;
  readonly measured: Measured | { readonly problem: string };
}

interface Measured {
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
  const adapters = (await listAdapters()).filter(({ name }) =>
    name.toLowerCase().includes(wanted.toLowerCase()),
  );
  if (adapters.length === 0) await openDevice(wanted === '' ? {} : { adapter: wanted }); // refuses, and says what was tried
  const devices: Device[] = [];
  for (const adapter of adapters) devices.push({ adapter, measured: await measure(adapter) });
  return devices;
}

/** An adapter that cannot be used is listed with the reason. */
async function measure({ name }: AdapterFacts): Promise<Device['measured']> {
  const { openDevice } = await import('../host/node');
  const { createWebGpuMatmul } = await import('../execute/webgpu');
  try {
    const host = await openDevice({ adapter: name });
    try {
      const matmul = await createWebGpuMatmul(host.device);
      return { probe: matmul.probe, peaks: await matmul.measurePeaks() };
    } finally {
      host.close();
    }
  } catch (error) {
    if (error instanceof UserError) return { problem: error.message };
    throw error;
  }
}

function deviceText({ adapter, measured }: Device): string {
  const { name, vendor, architecture, kind, reason, features, limits } = adapter;
  return [
    `${name} (${kind})`,
    `  vendor    ${[vendor, architecture].filter((text) => text !== '').join(', ') || 'not said'}`,
    `  chosen    ${reason}`,
    ...section('features', features.length === 0 ? ['none beyond core WebGPU'] : features),
    ...section('limits', pairs(limits)),
    ...('problem' in measured
      ? section('not usable', [measured.problem])
      : [...section('probe', pairs(measured.probe)), ...section('peaks', pairs(measured.peaks))]),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}

/** One line for each value; those of nested objects and lists below, indented. */
function pairs(values: object): string[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? [name, ...pairs(value).map((line) => `  ${line}`)]
      : [`${name.padEnd(44)} ${written(value)}`],
  );
}

function written(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(4) : String(value);
}
