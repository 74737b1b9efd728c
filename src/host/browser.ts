/** A WebGPU device of the browser, in a page or in a worker. What to do without one is said for each way it can fail. */
import { UserError } from '../numerics';
import { requestDevice } from './device';
import { adapterFacts } from './facts';
import type { Host } from './types';

export interface BrowserHostOptions {
  /** Which adapter to take where there are several; `high-performance` when left out. */
  readonly powerPreference?: GPUPowerPreference;
  /** Take the browser's software adapter. */
  readonly forceFallbackAdapter?: boolean;
}

const POWER_PREFERENCES: readonly string[] = ['low-power', 'high-performance'] satisfies GPUPowerPreference[];

/**
 * @param inNode what to do instead in Node.
 * @throws UserError when the browser has no WebGPU, no adapter, or refuses the device: it says what to do.
 */
export async function openBrowserDevice(
  options: BrowserHostOptions = {},
  inNode = 'import { open } from "systole/node" instead',
): Promise<Host> {
  const { powerPreference = 'high-performance', forceFallbackAdapter = false } = options;
  if (!POWER_PREFERENCES.includes(powerPreference)) {
    throw new UserError(
      `powerPreference must be one of ${POWER_PREFERENCES.join(', ')}; received ${powerPreference}.`,
    );
  }
  const gpu = browserGpu(inNode);
  const adapter = await requestAdapter(gpu, { powerPreference, forceFallbackAdapter });
  const device = await requestDevice(adapter).catch((error: unknown) => {
    throw new UserError(
      `The adapter gave no device (${text(error)}). Close other pages that use the GPU, or reload this one: an adapter that was lost takes a moment.`,
      { cause: error },
    );
  });
  const reason = forceFallbackAdapter
    ? 'the software adapter was asked for'
    : `the browser's choice for ${powerPreference}`;
  return {
    adapter,
    device,
    facts: adapterFacts(adapter, reason),
    lost: device.lost,
    close() {
      device.destroy();
    },
  };
}

/** `navigator.gpu`; the types promise it, browsers do not, and old Node has no navigator. */
function browserGpu(inNode: string): GPU {
  const { navigator, isSecureContext } = globalThis as {
    readonly navigator?: { readonly gpu?: GPU };
    readonly isSecureContext?: boolean;
  };
  if (navigator?.gpu !== undefined) return navigator.gpu;
  if ('process' in globalThis && isSecureContext === undefined) {
    throw new UserError(`Node has no WebGPU of its own: ${inNode}.`);
  }
  throw new UserError(
    isSecureContext === false
      ? 'WebGPU needs a secure context: serve this page over https, or from localhost.'
      : 'This browser has no WebGPU. Use Chrome or Edge 113 or later, Safari 26 or later, or Firefox 141 or later (Windows; macOS from 145). On Linux, Chrome may want --enable-unsafe-webgpu or chrome://flags/#enable-unsafe-webgpu, with a Vulkan driver.',
  );
}

async function requestAdapter(gpu: GPU, options: GPURequestAdapterOptions): Promise<GPUAdapter> {
  let why = '';
  const adapter = await gpu.requestAdapter(options).catch((error: unknown) => {
    why = ` (${text(error)})`;
    return null;
  });
  if (adapter !== null) return adapter;
  throw new UserError(
    `The browser has WebGPU but offers no ${options.forceFallbackAdapter === true ? 'software ' : ''}adapter${why}. Turn hardware acceleration on in its settings, update the graphics driver, and look at chrome://gpu for what is blocked; on Linux, Chrome may want --enable-unsafe-webgpu, and --use-webgpu-adapter=swiftshader runs on the CPU.`,
  );
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
