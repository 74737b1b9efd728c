/** What a kernel is given to make a Program with: tensors, registers, loops, and every instruction by its name. */
import type { Chip, EngineName } from '../chip';
import { DTYPES, parseDtype, requireFields, UserError } from '../numerics';
import type { Dtype } from '../numerics';
import { instructionProblem, ISA } from '../isa';
import { BITWISE_OPS, OPCODES, tensorBytes } from '../program';
import type { HbmTensor, Instruction, Opcode, PsumTensor, SbufTensor, Scalar } from '../program';
import { requireName } from '../program/names';
import { dense } from './dims';
import { EASE, joiningOf } from './ease';
import { asyncProblem } from './errors';
import { Drafter, type Draft, type Given } from './instructions';
import { Issued } from './issued';
import type { Recorder } from './recorder';
import { Register } from './register';
import type { Instructions } from './signatures';
import { list } from './strided';
import { ChipView, HbmView } from './views';

export interface OnChipOptions {
  readonly name?: string | undefined;
  /** First partition; 0 when left out. */
  readonly partition?: number | undefined;
}

export interface SbufOptions extends OnChipOptions {
  /** Byte of each partition; where the allocator finds room when left out. */
  readonly address?: number | undefined;
}

export interface PsumOptions extends OnChipOptions {
  /** First bank; the allocator's choice when left out. */
  readonly bank?: number | undefined;
}

const SBUF_OPTIONS = ['name', 'partition', 'address'] as const satisfies (keyof SbufOptions)[];
const PSUM_OPTIONS = ['name', 'partition', 'bank'] as const satisfies (keyof PsumOptions)[];

/** A bound of a loop. */
export type Bound = number | Register;

export interface Nc extends Instructions {
  readonly chip: Chip;
  /** An output of the kernel, in HBM. */
  hbm(name: string, shape: readonly number[], dtype: Dtype): HbmView;
  /** A tensor in HBM that is neither input nor output. */
  scratch(name: string, shape: readonly number[], dtype: Dtype): HbmView;
  /** A tensor in SBUF: [partitions, free dimensions ...]. */
  sbuf(shape: readonly number[], dtype: Dtype, options?: SbufOptions): ChipView;
  /** A tensor in PSUM, from the start of a bank: [partitions, free dimensions ...]. */
  psum(shape: readonly number[], dtype: Dtype, options?: PsumOptions): ChipView;
  /** A register that holds a whole number. */
  register(value?: number, name?: string): Register;
  /** The body for i = lower, lower + step, ... below upper, run on the chip; written once. */
  fori_loop(lower: Bound, upper: Bound, body: (i: Register) => void, step?: number): void;
  /** The body as long as the register is not 0, which is asked before each turn; written once. */
  while_loop(register: Register, body: () => void): void;
  /** Keeps the order of all instructions that are issued while `body` runs: each comes after the one before it. */
  no_reorder(body: () => void): void;
}

const isDtype: ReadonlySet<string> = new Set(DTYPES);

function requireTensor(shape: readonly number[], dtype: Dtype, least: number): Dtype {
  if (
    !Array.isArray(shape) ||
    shape.length < least ||
    !shape.every((n) => Number.isSafeInteger(n) && n >= 1)
  ) {
    throw new UserError(
      `shape must be at least ${least} whole numbers of at least 1, received ${Array.isArray(shape) ? list(shape) : String(shape)}.`,
    );
  }
  return isDtype.has(dtype) ? dtype : parseDtype(dtype);
}

function whole(name: string, value: number, low: number, high: number): number {
  if (Number.isSafeInteger(value) && value >= low && value <= high) return value;
  throw new UserError(`${name} must be a whole number of ${low}..${high}, received ${String(value)}.`);
}

/** The body of a loop, or of no_reorder. @throws UserError when it returns a promise. */
function runSynchronous(body: () => unknown): void {
  const problem = asyncProblem(body());
  if (problem !== undefined) throw new UserError(problem);
}

/** The methods of `nc`, each of which finds its caller by being the function that the caller called. */
export function builderOf(recorder: Recorder): Nc {
  const { chip } = recorder;

  const inHbm = (name: string, shape: readonly number[], given: Dtype, role: HbmTensor['role']): HbmView => {
    requireName('an HBM tensor', name);
    const dtype = requireTensor(shape, given, 1);
    if (recorder.tensorNames.unique(name) !== name) {
      throw new UserError(`two HBM tensors are named "${name}": names must differ.`);
    }
    const tensor: HbmTensor = { space: 'hbm', name, shape: [...shape], dtype, role };
    recorder.addHbm(tensor);
    return hbmView(recorder, tensor);
  };

  const onChip = (shape: readonly number[], given: Dtype, options: OnChipOptions, fallback: string) => {
    const dtype = requireTensor(shape, given, 2);
    const [partitions = NaN, ...free] = shape;
    const { name, partition = 0 } = options;
    if (name !== undefined) requireName('a tensor', name);
    whole('partition', partition, 0, 127);
    whole('partitions, dimension 0 of shape,', partitions, 1, 128 - partition);
    const elements = free.reduce((total, extent) => total * extent, 1);
    return {
      name: recorder.tensorNames.unique(name ?? fallback),
      dtype,
      partition,
      partitions,
      elements,
      free,
    };
  };

  const view = (tensor: SbufTensor | PsumTensor, free: readonly number[]): ChipView => {
    const { dtype, partition, partitions } = tensor;
    return new ChipView(recorder, tensor, {
      dtype,
      offset: 0,
      dims: dense(free),
      registers: [],
      partition,
      partitions,
    });
  };

  const scalar = (what: string, value: Bound): Scalar => {
    if (value instanceof Register) return { register: value.register };

    if (typeof value !== 'number')
      throw new UserError(`${what} must be a whole number or a register (nc.register).`);
    return whole(what, value, -(2 ** 31), 2 ** 31 - 1);
  };

  const nc: Omit<Nc, Opcode> = {
    chip,
    hbm: (name, shape, dtype) => recorder.call('hbm', nc.hbm, () => inHbm(name, shape, dtype, 'output')),
    scratch: (name, shape, dtype) =>
      recorder.call('scratch', nc.scratch, () => inHbm(name, shape, dtype, 'scratch')),
    sbuf: (shape, given, options = {}) =>
      recorder.call('sbuf', nc.sbuf, (at) => {
        requireFields('sbuf', options, SBUF_OPTIONS);
        const { free, ...place } = onChip(shape, given, options, 'sb');
        const { address } = options;
        const tensor: SbufTensor = { space: 'sbuf', ...place, address: address ?? 0 };
        const room = chip.sbuf.usableBytes - tensorBytes(tensor);
        if (room < 0) {
          throw new UserError(
            `a partition of SBUF on ${chip.name} has ${chip.sbuf.usableBytes} usable bytes, received ${tensorBytes(tensor)}.`,
          );
        }
        if (address !== undefined) whole('address', address, 0, room);
        recorder.addClaim(tensor, address !== undefined, at);
        return view(tensor, free);
      }),
    psum: (shape, given, options = {}) =>
      recorder.call('psum', nc.psum, (at) => {
        requireFields('psum', options, PSUM_OPTIONS);
        const { free, ...place } = onChip(shape, given, options, 'ps');
        const { bank } = options;
        const { banks, bankBytes } = chip.psum;
        const tensor: PsumTensor = { space: 'psum', ...place, bank: bank ?? 0 };
        const taken = Math.ceil(tensorBytes(tensor) / bankBytes);
        if (taken > banks) {
          throw new UserError(
            `a partition of PSUM has ${banks * bankBytes} bytes, received ${tensorBytes(tensor)}.`,
          );
        }
        if (bank !== undefined) whole('bank', bank, 0, banks - taken);
        recorder.addClaim(tensor, bank !== undefined, at);
        return view(tensor, free);
      }),
    register: (value = 0, name = 'r') =>
      recorder.call('register', nc.register, (at) => {
        requireName('a register', name);
        const register = new Register(recorder.registerNames.unique(name));
        const attributes = {
          register: register.register,
          value: whole('value', value, -(2 ** 31), 2 ** 31 - 1),
        };
        add(recorder, 'register_move', { ...NOTHING, attributes }, {}, at);
        return register;
      }),
    fori_loop: (lower, upper, body, step = 1) => {
      recorder.call('fori_loop', nc.fori_loop, (at) => {
        const register = new Register(recorder.registerNames.unique('i'));
        const id = recorder.nodeNames.unique('loop');
        const bounds = { lower: scalar('lower', lower), upper: scalar('upper', upper) };
        whole('step', step, 1, 2 ** 31 - 1);
        recorder.addLoop(
          (nodes) => ({
            loop: 'fori',
            id,
            ...(at !== undefined && { at }),
            register: register.register,
            ...bounds,
            step,
            body: nodes,
          }),
          () => {
            const write: (i: Register) => unknown = body;
            runSynchronous(() => write(register));
          },
        );
      });
    },
    while_loop: (register, body) => {
      recorder.call('while_loop', nc.while_loop, (at) => {
        if (!(register instanceof Register)) throw new UserError('while_loop takes a register first.');
        const id = recorder.nodeNames.unique('loop');
        recorder.addLoop(
          (nodes) => ({
            loop: 'while',
            id,
            ...(at !== undefined && { at }),
            register: register.register,
            body: nodes,
          }),
          () => {
            runSynchronous(body);
          },
        );
      });
    },
    no_reorder: (body) => {
      recorder.call('no_reorder', nc.no_reorder, () => {
        recorder.inOrder(() => {
          runSynchronous(body);
        });
      });
    },
  };
  return Object.assign(nc, instructionsOf(recorder));
}

/** All of an HBM tensor. */
export function hbmView(recorder: Recorder, tensor: HbmTensor): HbmView {
  const { dtype, shape } = tensor;
  return new HbmView(recorder, tensor, {
    dtype,
    offset: 0,
    dims: dense(shape),
    registers: [],
    partition: 0,
    partitions: 1,
  });
}

const NOTHING: Draft = { dst: undefined, results: {}, sources: {}, attributes: {}, used: [] };

function instructionsOf(recorder: Recorder): Instructions {
  const methods = OPCODES.map((opcode) => {
    const ease = EASE[opcode];
    const drafter = new Drafter(opcode, ease?.more ?? []);
    const method = (dst: unknown, options: Given): Issued =>
      recorder.call(opcode, method, (at) => {
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- of untyped callers
        if (typeof options !== 'object' || options === null) {
          throw new UserError(
            `${opcode} takes its destination, and its operands by their names as the second argument.`,
          );
        }
        drafter.requireKnown(options);
        const eased =
          ease === undefined || !(dst instanceof ChipView) ? options : ease.options(dst, options, recorder);
        const draft = drafter.draft(dst, eased, recorder, joiningOf(opcode, eased));
        return add(recorder, opcode, draft, options, at);
      });
    return [opcode, method] as const;
  });
  // Each method takes what the form of its opcode says, which the drafter checks.
  return Object.fromEntries(methods) as unknown as Instructions;
}

function nameOf(name: unknown): string {
  if (name === undefined) return 'i';
  if (typeof name !== 'string') throw new UserError(`name must be text, received ${typeof name}.`);
  requireName('an instruction', name);
  return name;
}

const INTEGERS: readonly Dtype[] = ['int32', 'uint32'];
/** Operators that are exact on every engine that has them. */
const ON_CODES: ReadonlySet<unknown> = new Set(BITWISE_OPS);

/** Engines in the order in which they are tried. */
function enginesFor(opcode: Opcode, { dst, sources, attributes }: Draft): readonly EngineName[] {
  const { engines } = ISA[opcode];
  if (opcode !== 'tensor_tensor' || ON_CODES.has(attributes['op'])) return engines;
  // GpSimd is exact on 32-bit integers, and does not reach PSUM (nki.isa.tensor_tensor).
  const operands = [dst, ...Object.values(sources)];
  const exact = operands.every(
    (operand) => operand !== undefined && INTEGERS.includes(operand.dtype) && operand.space === 'sbuf',
  );
  return exact ? ['gpsimd'] : engines;
}

/** Adds an instruction on the engine that was asked for, or on the first that may execute it. */
function add(
  recorder: Recorder,
  opcode: Opcode,
  draft: Draft,
  { engine, name }: Given,
  at: string | undefined,
): Issued {
  const { dst, results, sources, attributes, used } = draft;
  const id = recorder.nodeNames.unique(nameOf(name));
  // The drafter made it from the form of the opcode. Field by field: spreads are slow, and there are many instructions.
  const on = (chosen: EngineName): Instruction => {
    const made: Record<string, unknown> = { opcode, id, engine: chosen };
    if (at !== undefined) made['at'] = at;
    if (recorder.previous !== undefined) made['after'] = [recorder.previous];
    made['dst'] = dst;
    if (Object.keys(results).length > 0) made['results'] = results;
    made['sources'] = sources;
    made['attributes'] = attributes;
    return made as unknown as Instruction;
  };
  const tried = engine === undefined ? enginesFor(opcode, draft) : [engine as EngineName];
  let first: string | undefined;
  for (const chosen of tried) {
    const instruction = on(chosen);
    const problem = instructionProblem(instruction, recorder.chip);
    if (problem !== undefined) {
      first ??= problem;
      continue;
    }
    for (const view of used) {
      recorder.use(view);
      if (view.space === 'psum' && opcode !== 'nc_matmul' && opcode !== 'nc_matmul_mx')
        recorder.accumulation.close(view.pattern('joined'));
    }
    recorder.addInstruction(instruction);
    return new Issued(recorder, instruction);
  }
  throw new UserError(first ?? `${opcode} has no engine.`);
}
