/** `systole bench`: checks and times matmuls on this machine's adapter, in Node or in a browser, alone or beside the peers. */
import { Option, type Command } from 'commander';
import type { BrowserName } from '../../bench/browser/run';
import { DEVICES } from '../../bench/device-names';
import { RECORDS } from '../../bench/node/record';
import { planOf, selectCases, type CaseFilter } from '../../bench/cases';
import { parseChip } from '../chip';
import { MOST_THREADS } from '../execute/wasm';
import { parseDtype, UserError } from '../numerics';
import type { BenchOptions } from './bench-options';
import { integerFrom, repeated, seconds } from './options';

const BROWSERS = ['chromium', 'firefox'] as const satisfies readonly BrowserName[];

export function addBench(program: Command): void {
  program
    .command('bench')
    .description(
      'check, then time, matmuls of real models and squares on this machine’s WebGPU adapter, or in WASM',
    )
    .option('--case <regex>', 'only cases whose name matches')
    .option('--dtype <list>', 'only these formats, comma-separated; a pair as fp8e4m3xfp8e5m2')
    .option('--shape <MxNxK>', 'this shape instead of the built-in ones (repeatable)', repeated)
    .option(
      '--chip <name>',
      'plan every case for trn1, trn2 or trn3 (default: trn2, or trn3 for fp8e4m3fn)',
      parseChip,
    )
    .option('--out <dtype>', 'format of the output (default: fp32)', parseDtype)
    .option('--k-major', 'A lies as [K, M], the chip’s own layout, which needs no transposition')
    .option('--budget <seconds>', 'time for all cases; what does not fit is listed', seconds('--budget'), 60)
    .option('--seed <integer>', 'seed of the random operands', integerFrom(0, '--seed'), 1)
    .option('--adapter <name>', 'part of an adapter’s name, see `systole devices`')
    .addOption(
      new Option(
        '--device <name>',
        'what multiplies: webgpu (default), or wasm, which needs no adapter; of --peers only these',
      ).choices(DEVICES),
    )
    .option(
      '--threads <integer>',
      'of --device wasm in Node (default: one for each processor)',
      integerFrom(1, '--threads', MOST_THREADS),
    )
    .addOption(
      new Option(
        '--browser [name]',
        'run the page in a headless browser instead of Node: chromium (default) or firefox',
      )
        .choices(BROWSERS)
        .preset('chromium'),
    )
    .option(
      '--peers',
      'compare with tfjs, onnxruntime-web, jax-js and gpu.js, which `npm run peers` installs (--shape or --case, --device, --seed, --budget, --adapter, --browser and --json go with it)',
    )
    .option(
      '--networks',
      'of --peers: whole networks, forward and training, instead of products (--case matches their names)',
    )
    .addOption(new Option('--peers-field <name>').hideHelp())
    .option(
      '--overheads',
      'measure what is around the arithmetic instead: submissions, pipelines, transfers, a start from cold (--adapter, --browser and --json go with it)',
    )
    .addOption(new Option('--cold-only').hideHelp())
    .option('--weights <file>', 'a matrix of a .safetensors or .npy file as B')
    .option('--tensor <name>', 'which tensor of the .safetensors file')
    .option(
      '--weights-layout <layout>',
      'nk: [out, in] (.safetensors default); kn: [in, out] (.npy default)',
      layout,
    )
    .option('--json <file>', 'write the full report')
    .option('--csv <file>', 'write one line for each case')
    .option('--html <file>', 'write a report to keep: one file with table, charts and machine facts')
    .addOption(
      new Option(
        '--record [folder]',
        `keep the run as JSON of a dated name, for others to read (default: ${RECORDS})`,
      ).preset(RECORDS),
    )
    .option('--no-baseline', 'skip the CPU baseline')
    .option('--list', 'print the names of the cases and stop')
    .addHelpText(
      'after',
      `
Exit code: 0 fine; 1 a check failed, a product took more memory than is promised, or the device was lost; 2 nothing could be run; 130 interrupted.

Examples:
  systole bench
  systole bench --case 'gpt2/.*/m128' --dtype bf16,fp8e4m3
  systole bench --shape 1024x1024x1024 --dtype bf16 --json report.json --html report.html
  systole bench --browser --budget 30
  systole bench --device wasm --threads 2
  systole bench --peers --shape 1024x1024x1024
  systole bench --peers --networks --case transformer
  systole bench --overheads --browser
  systole bench --weights model.safetensors --tensor model.layers.0.mlp.up_proj.weight`,
    )
    .action((options: BenchOptions) => bench(options));
}

async function bench(options: BenchOptions): Promise<void> {
  const filter = {
    pattern: options.case,
    dtypes: options.dtype?.split(','),
    shapes: options.shape,
    chip: options.chip,
    out: options.out,
    aLayout: options.kMajor && ('k-major' as const),
  };
  refuseContradictions(options);
  if (options.overheads) {
    await (await import('./bench-overheads')).benchOverheads(options);
    return;
  }
  if (options.list) {
    for (const { name } of selectCases(filter).cases) console.log(name);
    return;
  }
  // A shape that the user names must be one that can be planned; built-in ones are left out with the reason.
  if (options.shape !== undefined) selectCases(filter).cases.forEach(planOf);
  await (options.networks
    ? (await import('./bench-networks')).benchNetworks(options)
    : options.peers
      ? (await import('./bench-peers')).benchPeers(options)
      : (await import('./bench-run')).benchRun(options, filter satisfies CaseFilter));
}

/** @throws UserError for options that ask for two things at once. */
function refuseContradictions(options: BenchOptions): void {
  const given = (name: keyof BenchOptions): boolean => options[name] !== undefined;
  if (!given('weights') && (given('tensor') || given('weightsLayout'))) {
    throw new UserError(
      '--tensor and --weights-layout say how to read a weights file: give it with --weights FILE.',
    );
  }
  if (options.device === 'wasm' && given('adapter'))
    throw new UserError('--device wasm and --adapter do not go together: WASM runs on no adapter.');
  if (given('networks') && !given('peers'))
    throw new UserError('--networks are compared with those of the peers: give it with --peers.');
  if (options.device !== 'wasm' && given('threads'))
    throw new UserError('--threads are those of WASM: give it with --device wasm.');
  for (const [left, right, why] of CONTRADICTIONS) {
    if (given(left) && given(right))
      throw new UserError(`--${left} and --${right} do not go together: ${why}.`);
  }
}

const CONTRADICTIONS: readonly (readonly [keyof BenchOptions, keyof BenchOptions, string])[] = [
  ['weights', 'shape', 'both say what to multiply, so give one of them'],
  ['weights', 'browser', 'the page has no access to your files, so run in Node'],
  ['weights', 'peers', 'the peers multiply random operands, so give a --shape'],
  ['threads', 'browser', 'a page has one for each processor, so leave --threads out'],
  ['threads', 'peers', 'each of its fields has its own number'],
  ['peers', 'dtype', 'the peers have float32 only, and are compared with float32, bf16 and fp8e4m3'],
  ['peers', 'list', 'the peers run shapes, not cases'],
  ['networks', 'shape', 'networks have their own, so choose by --case'],
  ['networks', 'device', 'networks run on WebGPU alone'],
  ['peers', 'csv', 'its table is not one of cases, so use --json'],
  ['peers', 'html', 'the report is one of cases, so use --json'],
  ...(['case', 'dtype', 'shape', 'weights', 'peers', 'list', 'device', 'threads', 'record'] as const).map(
    (other) => ['overheads', other, 'overheads are those of the adapter, whatever is multiplied'] as const,
  ),
  ['overheads', 'csv', 'its table is not one of cases, so use --json'],
  ['overheads', 'html', 'the report is one of cases, so use --json'],
];

function layout(text: string): 'nk' | 'kn' {
  if (text === 'nk' || text === 'kn') return text;
  throw new UserError(`--weights-layout is nk or kn, got "${text}".`);
}
