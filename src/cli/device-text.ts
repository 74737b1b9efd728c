/** An adapter as text of 80 columns. */
import { TUNED_CLASSES, TUNING_CLASSES, tuningText, type WebGpuMatmul } from '../execute/webgpu';
import type { AdapterFacts } from '../host';

/** What is known of an adapter, and what was measured of it or why it cannot be used. */
export interface Device {
  readonly adapter: AdapterFacts;
  readonly measured: Measured | { readonly problem: string };
}

export interface Measured {
  readonly probe: WebGpuMatmul['probe'];
  readonly peaks: Awaited<ReturnType<WebGpuMatmul['measurePeaks']>>;
}

/** What decides between adapters; `--json` has every limit and every kernel that was proved. */
export function deviceText({ adapter, measured }: Device): string {
  const { name, vendor, architecture, kind, reason, features } = adapter;
  const lines: Record<string, readonly string[]> = {
    vendor: [vendor, architecture].filter((text) => text !== ''),
    chosen: [reason],
    features,
    limits: limitsText(adapter),
    ...('problem' in measured ? { 'not usable': [measured.problem] } : measuredText(measured)),
  };
  return [`${name} (${kind})`, ...Object.entries(lines).map(paragraph)].join('\n');
}

function limitsText({ limits, subgroupSizes }: AdapterFacts): string[] {
  const { maxBufferSize = 0, maxStorageBufferBindingSize = 0 } = limits;
  const { maxComputeWorkgroupStorageSize = 0, maxComputeInvocationsPerWorkgroup = 0 } = limits;
  const subgroups = subgroupSizes === undefined ? [] : [...new Set(subgroupSizes)];
  return [
    `buffers of ${binaryUnits(maxBufferSize)}`,
    `bindings of ${binaryUnits(maxStorageBufferBindingSize)}`,
    `workgroups of ${maxComputeInvocationsPerWorkgroup} with ${binaryUnits(maxComputeWorkgroupStorageSize)}`,
    ...(subgroups.length === 0 ? [] : [`subgroups of ${subgroups.join(' to ')}`]),
  ];
}

function measuredText({ probe, peaks }: Measured): Record<string, string[]> {
  return {
    arithmetic: [
      `subnormals ${probe.subnormals}`,
      `multiply-add ${probe.fusesMultiplyAdd ? 'fused' : 'not fused'}`,
      `sums ${probe.reordersSums ? 'reordered where the compiler can' : 'in order'}`,
      `NaN ${probe.keepsNaN ? 'kept' : 'not kept'}`,
      `float16 decoded by ${probe.float16 ?? 'integer operations'}`,
    ],
    kernels: TUNING_CLASSES.flatMap((name) => {
      const { tuning, candidates, discarded } = probe.tunings[name];
      return [
        `${TUNED_CLASSES[name].words}: the fastest of ${candidates.length} tried, ${tuningText(tuning)}`,
        ...discarded.map((each) => `not used: ${tuningText(each.tuning)}: ${each.why}`),
      ];
    }),
    peaks: [
      `${peaks.fmaGflops.toPrecision(3)} GFLOP/s multiply-add`,
      `${peaks.readGigabytes.toPrecision(3)} GB/s read`,
    ],
  };
}

const COLUMNS = 80;
const INDENT = 13;

/** The items after their title, joined by commas and broken between words. */
function paragraph([title, items]: [string, readonly string[]]): string {
  const lines: string[] = [];
  let line = `  ${title}`.padEnd(INDENT - 1);
  for (const word of (items.join(', ') || 'none').split(' ')) {
    if (line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = ' '.repeat(INDENT - 1);
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

function binaryUnits(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${units[power] ?? ''}`;
}
