/** What `systole run` writes: a table of what outputs hold, .npy files of them, and the kernels that ran. */
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileProblem } from '../../bench/node/file-problem';
import { writeAtomically } from '../../bench/node/write';
import { plainTable } from '../../bench/report/plain-table';
import { npyBytes } from '../../bench/weights';
import type { Shader } from '../execute/webgpu/interpreter';
import { exactElements, FORMATS, UserError, type CodeArray } from '../numerics';
import type { HbmTensor } from '../program';

type Outputs = Readonly<Record<string, CodeArray>>;

/** One level at a time: Node's recursive mkdir never ends where the kernel says of an existing parent that it is not there (/proc). */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path);
  const make = async (): Promise<void> => {
    for (const path of missing) await mkdir(path);
    if (!(await stat(folder)).isDirectory()) throw new Error('it is a file');
  };
  await make().catch((error: unknown) => {
    throw new UserError(`Cannot make the folder ${folder}: ${fileProblem(error)}.`);
  });
}

/** Each as NAME.npy in the folder, which exists. */
export async function writeOutputs(
  folder: string,
  tensors: readonly HbmTensor[],
  outputs: Outputs,
): Promise<void> {
  for (const { name, shape, dtype } of tensors) {
    const file = join(folder, `${name}.npy`);
    await writeAtomically(file, npyBytes({ shape, dtype, codes: codesOf(outputs, name) }));
    console.log(`wrote ${file}`);
  }
}

/** Each as NUMBER-INSTRUCTION.wgsl in the folder, which exists, in the order in which they were first used. */
export async function writeShaders(folder: string, shaders: readonly Shader[]): Promise<void> {
  for (const [index, { key, wgsl }] of shaders.entries()) {
    const [name = ''] = key.split('|');
    const file = join(folder, `${String(index + 1).padStart(3, '0')}-${name}.wgsl`);
    await writeAtomically(file, `// ${key}\n${wgsl}`);
  }
  console.log(`wrote ${shaders.length} kernels into ${folder}`);
}

export function codesOf(outputs: Outputs, name: string): CodeArray {
  const codes = outputs[name];
  if (codes === undefined) throw new Error(`Invariant violation: output ${name} is missing`);
  return codes;
}

export function outputsTable(tensors: readonly HbmTensor[], outputs: Outputs): string {
  const rows = tensors.map(({ name, shape, dtype }) => {
    const values = exactElements(dtype, codesOf(outputs, name));
    let [least, most, sum, odd] = [Infinity, -Infinity, 0, 0];
    for (const value of values) {
      if (Number.isFinite(value)) {
        least = Math.min(least, value);
        most = Math.max(most, value);
        sum += value;
      } else odd++;
    }
    const digits = (value: number): string => String(Number(value.toPrecision(6)));
    const element = FORMATS[dtype].kind === 'integer' ? String : digits;
    const number = (value: number): string => (Number.isFinite(value) ? element(value) : '');
    const finite = values.length - odd;
    const mean = finite === 0 ? '' : digits(sum / finite);
    const first = Array.from(values.subarray(0, 4), element).join(' ');
    return [name, dtype, shape.join('x'), number(least), number(most), mean, String(odd), first];
  });
  return plainTable(
    ['output', 'dtype', 'shape', 'least', 'most', 'mean', 'not finite', 'first'],
    ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left'],
    rows,
  );
}
