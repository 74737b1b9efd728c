/** systole as a backend of tfjs: `registerSystole()`, and the program runs on the emulated chip. */
import { registerBackend, registerKernel } from '@tensorflow/tfjs-core';
import { parseChip, type ChipName } from '../chip';
import type { Executor } from '../tensor/executor';
import { ReferenceExecutor } from '../tensor/reference';
import { SystoleBackend } from './backend';
import { delegate, isDelegated, STRING_KERNELS } from './delegated';
import { runKernel } from './kernel';
import { KERNELS } from './kernels';
import type { FloatFormat } from './values';

export { SystoleBackend } from './backend';
export { DELEGATED_KERNELS } from './delegated';

export interface RegisterOptions {
  /** What tfjs calls the backend; 'systole' when left out. */
  readonly name?: string;
  /** Whose formats and order of additions hold; trn2 when left out. */
  readonly chip?: ChipName;
  /** What float32 tensors are stored as, and matmuls take; float32 when left out. */
  readonly precision?: FloatFormat;
  /** What computes. */
  readonly executor?: Executor | Promise<Executor>;
}

/** Before WebGPU in tfjs's choice, so that it is the one that `ready()` takes. */
const PRIORITY = 4;

export function registerSystole({
  name = 'systole',
  chip = 'trn2',
  precision = 'float32',
  executor = ReferenceExecutor.create({ chip: parseChip(chip) }),
}: RegisterOptions = {}): void {
  registerBackend(name, async () => new SystoleBackend(await executor, precision), PRIORITY);
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

function ownBackend(backend: unknown): SystoleBackend {
  if (backend instanceof SystoleBackend) return backend;
  throw new Error('Invariant violation: a kernel of systole is called with another backend');
}
