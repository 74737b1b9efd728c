/** `systole identify A B C`: which order and arithmetic gave somebody's product. */
import type { Command } from 'commander';
import type { StoredDtype } from '../../bench/weights';
import type { FileRequest, Identification, IdentifyProgress } from '../../bench/identify';
import { parseChip, type ChipName } from '../chip';
import { parseDtype, UserError } from '../numerics';
import { seconds } from './options';
import { stageLine } from './progress';

interface IdentifyCommandOptions {
  readonly dtype?: readonly (StoredDtype | undefined)[];
  readonly aLayout?: 'mk' | 'km';
  readonly bLayout?: 'kn' | 'nk';
  readonly tensorA?: string;
  readonly tensorB?: string;
  readonly tensorC?: string;
  readonly chip?: ChipName;
  readonly budget: number;
  readonly json?: true;
}

export function addIdentify(program: Command): void {
  program
    .command('identify')
    .description(
      'find the order of additions and the arithmetic that explain every element of a product C = A B',
    )
    .argument('<A>', 'a .npy or .safetensors file, [M, K]; FILE:TENSOR names a tensor')
    .argument('<B>', 'the same, [K, N]')
    .argument('<C>', 'somebody’s product, [M, N]')
    .option(
      '--dtype <a,b,c>',
      'read the bits of A, B, C as these formats; an empty one is the file’s own',
      dtypes,
    )
    .option(
      '--a-layout <layout>',
      'mk or km: how A lies (default: as its shape fits)',
      oneOf('--a-layout', ['mk', 'km']),
    )
    .option(
      '--b-layout <layout>',
      'kn or nk: how B lies (default: as its shape fits)',
      oneOf('--b-layout', ['kn', 'nk']),
    )
    .option('--tensor-a <name>', 'which tensor of A’s file')
    .option('--tensor-b <name>', 'which tensor of B’s file')
    .option('--tensor-c <name>', 'which tensor of C’s file')
    .option(
      '--chip <name>',
      'whose systolic order to compare with: trn1, trn2 or trn3 (default: trn2)',
      parseChip,
    )
    .option(
      '--budget <seconds>',
      'time for all of it; a larger product is compared in part',
      seconds('--budget'),
      20,
    )
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      `
Exit code: 0 explained; 1 none of the hypotheses explains every element; 2 the files are no product; 130 interrupted.

Examples:
  systole identify a.npy b.npy c.npy
  systole identify x.npy model.safetensors:lm_head.weight y.npy --b-layout nk
  systole identify a.npy b.npy c.npy --dtype fp8e4m3,fp8e4m3`,
    )
    .action(async (a: string, b: string, c: string, options: IdentifyCommandOptions) => {
      await runIdentify([a, b, c], options);
    });
}

async function runIdentify(
  [a, b, c]: readonly [string, string, string],
  options: IdentifyCommandOptions,
): Promise<void> {
  const { identificationText, identifySources } = await import('../../bench/identify');
  const [dtypeA, dtypeB, dtypeC] = options.dtype ?? [];
  const files = {
    a: named(a, options.tensorA),
    b: named(b, options.tensorB),
    c: named(c, options.tensorC),
  };
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  const progress = stageLine(process.stderr, STAGES);
  const opened: FileRequest[] = [];
  const open = async (file: NamedTensor, how: Omit<FileRequest, 'source'>): Promise<FileRequest> => {
    const { openSource } = await import('../../bench/node/source');
    const { matrixReader } = await import('../../bench/weights');
    matrixReader(file.path);
    const request = { source: await openSource(file.path), tensor: file.tensor, ...how };
    opened.push(request);
    return request;
  };
  try {
    const found = await identifySources(
      {
        a: await open(files.a, { dtype: dtypeA, transposed: options.aLayout && options.aLayout === 'km' }),
        b: await open(files.b, { dtype: dtypeB, transposed: options.bLayout && options.bLayout === 'nk' }),
        c: await open(files.c, { dtype: dtypeC }),
        chip: options.chip,
        budgetSeconds: options.budget,
      },
      { signal: interrupt.signal, onProgress: progress.update },
    );
    progress.clear();
    console.log(options.json ? JSON.stringify(found, null, 2) : identificationText(found));
    process.exitCode = exitCode(found);
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
    process.exitCode = 130;
  } finally {
    progress.clear();
    process.off('SIGINT', onSignal);
    await Promise.all(opened.map(({ source }) => source.close()));
  }
}

function exitCode({ verdict }: Identification): 0 | 1 {
  return verdict === 'unexplained' ? 1 : 0;
}

interface NamedTensor {
  readonly path: string;
  readonly tensor: string | undefined;
}

/** `FILE` or `FILE:TENSOR`; a colon elsewhere in a path, as after a drive's letter, is part of it. */
function named(text: string, tensor: string | undefined): NamedTensor {
  const [, path, inPath] = /^(.*\.(?:npy|safetensors)):(.+)$/i.exec(text) ?? [];
  if (path === undefined) return { path: text, tensor };
  if (tensor !== undefined && tensor !== inPath)
    throw new UserError(`${text} and the option name two tensors of one file: give one of them.`);
  return { path, tensor: inPath };
}

function dtypes(text: string): readonly (StoredDtype | undefined)[] {
  const parts = text.split(',').map((part) => (part.trim() === '' ? undefined : storedDtype(part)));
  if (parts.length > 3)
    throw new UserError(`--dtype takes the formats of A, B and C, joined by commas, got "${text}".`);
  return parts;
}

/** Files may hold float64, which is no format of the contract. */
function storedDtype(name: string): StoredDtype {
  return /^(?:float|fp|f)64$/i.test(name.trim()) ? 'float64' : parseDtype(name);
}

function oneOf<T extends string>(option: string, values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new UserError(`${option} is ${values.join(' or ')}, got "${text}".`);
    return found;
  };
}

const STAGES = {
  comparing: 'comparing with the systolic order',
  trying: 'trying hypotheses on a sample',
  confirming: 'confirming on all elements',
} as const satisfies Record<IdentifyProgress['stage'], string>;
