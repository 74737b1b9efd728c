/** systole as a backend of tfjs: `registerSystole()`, and an existing program runs on the emulated chip. docs/tfjs.md. */
import { engine, registerBackend, registerKernel, type Tensor } from '@tensorflow/tfjs-core';
import { openBrowserDevice, type BrowserHostOptions } from '../host';
import { requireFields, UserError } from '../numerics';
import { openArraysOn, type Arrays, type OpenArraysOptions } from '../tensor/array';
import { SystoleBackend } from './backend';
import { delegate, isDelegated, STRING_KERNELS } from './delegated';
import { runKernel } from './kernel';
import { KERNELS } from './kernels';
import { FLOAT_FORMATS, type FloatFormat } from './values';

export { SystoleBackend } from './backend';
export { DELEGATED_KERNELS } from './delegated';

export interface RegisterOptions extends OpenArraysOptions, BrowserHostOptions {
  /** What tfjs calls the backend; 'systole' when left out. */
  readonly name?: string;
  /** What float32 tensors are stored as, and products take; float32 when left out. */
  readonly precision?: FloatFormat;
  /** Opened already, as in Node by `openArrays` of systole/node: in place of the options of `openArrays`. They stay the caller's. */
  readonly arrays?: Pick<Arrays, 'executor'> | Promise<Pick<Arrays, 'executor'>>;
}

const OPENING = [
  'chip',
  'device',
  'executor',
  'fusion',
  'onLost',
  'powerPreference',
  'forceFallbackAdapter',
] as const;

const IN_NODE =
  'say registerSystole({ arrays: openArrays() }), with import { openArrays } from "systole/node"';

/** Before WebGPU in tfjs's own choice, so that `tf.ready()` takes it. */
const PRIORITY = 4;

/**
 * Registers the backend and its kernels. The device is opened when tfjs first asks for the backend (`tf.setBackend(name)`, `tf.ready()`), and
 * shared by all that it makes of it.
 *
 * @throws UserError for unknown options.
 */
export function registerSystole(options: RegisterOptions = {}): void {
  requireFields('registerSystole', options, ['name', 'precision', 'arrays', ...OPENING]);
  const { name = 'systole', precision = 'float32', arrays, ...opening } = options;
  if (!FLOAT_FORMATS.includes(precision))
    throw new UserError(
      `registerSystole: precision is one of ${FLOAT_FORMATS.join(', ')}; received ${precision}.`,
    );
  let opened = arrays;
  const open = async (): Promise<SystoleBackend> => {
    opened ??= openArraysOn(opening, ['powerPreference', 'forceFallbackAdapter'], (given) =>
      openBrowserDevice(given, IN_NODE),
    );
    return new SystoleBackend((await opened).executor, precision);
  };
  registerBackend(name, open, PRIORITY);
  for (const [kernelName, kernel] of Object.entries(KERNELS))
    registerKernel({
      kernelName,
      backendName: name,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const own = ownBackend(backend);
        return isDelegated(kernelName, inputs, attrs)
          ? delegate(kernelName, inputs, attrs, own)
          : runKernel(kernelName, kernel, inputs, attrs ?? {}, own);
      },
    });
  for (const kernelName of STRING_KERNELS)
    registerKernel({
      kernelName,
      backendName: name,
      kernelFunc: ({ inputs, attrs, backend }) => delegate(kernelName, inputs, attrs, ownBackend(backend)),
    });
}

/**
 * Computes a tensor without reading it, so that its `dataToGPU()` has something to give.
 *
 * @throws UserError for a tensor of another backend, and what reading it would throw but for indices outside.
 */
export async function compute({ dataId, dtype, shape }: Tensor): Promise<void> {
  const { backend } = engine().state.tensorInfo.get(dataId) ?? {};
  if (!(backend instanceof SystoleBackend))
    throw new UserError(
      `compute: ${dtype}[${shape.join(', ')}] is a tensor of another backend, or was disposed.`,
    );
  await backend.compute(dataId);
}

function ownBackend(backend: unknown): SystoleBackend {
  if (backend instanceof SystoleBackend) return backend;
  throw new Error('Invariant violation: a kernel of systole is called with another backend');
}
