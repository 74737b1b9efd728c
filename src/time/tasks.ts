/**
 * What each instruction of a stream takes, in nanoseconds and before any waiting: the work of its entry (src/isa) in the clock of
 * its engine, with what instructions have in common: the least interval, latencies, strides that halve the rate of an access,
 * and the ports that it shares with other engines.
 */
import { CHIPS } from '../chip';
import type { Chip, ChipName, EngineName, Timing } from '../chip';
import { workOf } from '../isa';
import type { Work } from '../isa';
import { bytesOf, someOperand } from '../program';
import type { Instruction, Pattern, Patterns, Program } from '../program';
import { trackIndex, trackOf } from './tracks';
import type { Stream } from './types';

/** How `simulate` executes an instruction. */
export const KIND = { datapath: 0, array: 1, dma: 2, sequencer: 3 } as const satisfies Record<
  Work['unit'],
  number
>;

/** Bits of `ports`. 0: the bus that Vector and GpSimd share at SBUF; bits 1 to 8: banks of PSUM, which Vector and Scalar share. */
export const PORTS = 9;
const BUS = 1;
const BANKS = 0b111111110;

/** An element for each instruction of the stream. */
export interface Tasks {
  readonly kind: Uint8Array;
  readonly track: Uint8Array;
  /** ns from its start until its track can take the next; of a DMA, until its queue can. */
  readonly occupied: Float64Array;
  /** ns from its start until what it wrote can be read; of a DMA, unknown before it moves. */
  readonly latency: Float64Array;
  /** ns to load the stationary operand. */
  readonly loading: Float64Array;
  readonly ports: Uint16Array;
  /** Which function's tables Scalar needs, from 1; 0 for none. */
  readonly table: Uint16Array;
  /** Of DMA: the share of the engines' rate that is reached. */
  readonly share: Float64Array;
}

export function tasksOf({ program, instructions }: Stream, chipName: ChipName, timing: Timing): Tasks {
  const chip = CHIPS[chipName];
  const count = instructions.length;
  const tasks: Tasks = {
    kind: new Uint8Array(count),
    track: new Uint8Array(count),
    occupied: new Float64Array(count),
    latency: new Float64Array(count),
    loading: new Float64Array(count),
    ports: new Uint16Array(count),
    table: new Uint16Array(count),
    share: new Float64Array(count),
  };
  const tables = new Map<string, number>();
  const ports = new Ports(program, chip);
  instructions.forEach((instruction, at) => {
    const work = workOf(instruction, chip);
    tasks.kind[at] = KIND[work.unit];
    tasks.track[at] = trackIndex(trackOf(instruction));
    switch (work.unit) {
      case 'datapath': {
        const cycle = cycleOf(chip, instruction.engine);
        const cycles = work.cycles * strideFactor(instruction);
        const more = work.more ?? 0;
        const late = instruction.engine === 'scalar' ? timing.scalarLatency : timing.dependent;
        tasks.occupied[at] = (Math.max(cycles, timing.minIssue) + more) * cycle;
        tasks.latency[at] = (Math.max(cycles + late, timing.minIssue) + more) * cycle;
        tasks.ports[at] = ports.of(instruction, work.mode !== undefined);
        if (work.table !== undefined) tasks.table[at] = numberOf(work.table, tables);
        break;
      }
      case 'array': {
        const cycle = cycleOf(chip, 'tensor');
        const factor = strideFactor(instruction);
        const occupied = Math.max(work.multiply * factor, timing.multiplyIssue) * cycle;
        tasks.loading[at] = ((work.load * factor) / timing.fastLoad) * cycle;
        tasks.occupied[at] = occupied;
        tasks.latency[at] = occupied + timing.arrayDepth * cycle;
        break;
      }
      case 'dma':
        tasks.share[at] = work.share;
        tasks.occupied[at] = issueTime(instruction, chipName, timing);
        break;
      case 'sequencer':
        tasks.occupied[at] = timing.registerStep;
        tasks.latency[at] = work.waits ? timing.registerLoad : timing.registerStep;
        break;
    }
  });
  return tasks;
}

/** ns of a cycle of an engine. Instructions of DMA and Sync are no datapath's. */
function cycleOf({ clocks }: Chip, engine: EngineName): number {
  return 1 / (engine === 'sync' || engine === 'dma' ? clocks.scalar : clocks[engine]);
}

function numberOf(name: string, numbers: Map<string, number>): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size + 1);
  return numbers.size;
}

/** Bytes of the innermost step from which a memory gives half its rate (trainium_inferentia2_arch.rst, access pattern). */
const WIDE_STRIDE = 16;

function isWide({ dims, dtype }: Pattern): boolean {
  for (let at = dims.length - 1; at >= 0; at--) {
    const dim = dims[at];
    if (dim !== undefined && dim[1] > 1) return Math.abs(dim[0]) * bytesOf(dtype) >= WIDE_STRIDE;
  }
  return false;
}

/** 2 where any operand is accessed in wide steps. */
function strideFactor({ dst, sources }: Instruction): 1 | 2 {
  return (dst !== undefined && isWide(dst)) || someOperand(sources, isWide) ? 2 : 1;
}

/** The ports that instructions share with those of other engines. */
class Ports {
  readonly #chip: Chip;
  readonly #banks = new Map<string, number>();

  constructor({ tensors }: Program, chip: Chip) {
    this.#chip = chip;
    for (const tensor of tensors) if (tensor.space === 'psum') this.#banks.set(tensor.name, tensor.bank);
  }

  /** `fast`: it moves several elements a cycle. */
  of(instruction: Instruction, fast: boolean): number {
    const { engine, dst, sources } = instruction;
    if (engine !== 'vector' && engine !== 'scalar' && engine !== 'gpsimd') return 0;
    let ports = dst === undefined ? 0 : this.#portsOf(dst);
    const named: Patterns = sources;
    for (const name in named) {
      const pattern = named[name];
      if (pattern !== undefined) ports |= this.#portsOf(pattern);
    }
    const busy = engine === 'gpsimd' || this.#chip.ports.vectorGpsimd === 'always' || fast;
    return ports & ((engine !== 'scalar' && busy ? BUS : 0) | (engine === 'gpsimd' ? 0 : BANKS));
  }

  #portsOf({ space, tensor, dtype, offset, dims }: Pattern): number {
    if (space !== 'psum') return space === 'sbuf' ? BUS : 0;
    if (this.#chip.ports.vectorScalar === 'always') return BANKS;
    const { bankBytes, banks } = this.#chip.psum;
    const size = bytesOf(dtype);
    const end = dims.reduce((sum, [stride, count]) => sum + Math.max(0, stride) * (count - 1), offset);
    const base = this.#banks.get(tensor) ?? 0;
    const first = base + Math.floor((offset * size) / bankBytes);
    const last = Math.min(banks - 1, base + Math.floor((end * size) / bankBytes));
    let ports = 0;
    for (let bank = Math.max(0, first); bank <= last; bank++) ports |= 2 << bank;
    return ports;
  }
}

/** ns that a DMA keeps its queue from the next: the time to build its descriptors, where they are not built beforehand. */
function issueTime(instruction: Instruction, chip: ChipName, timing: Timing): number {
  const given = 'dge_mode' in instruction.attributes ? instruction.attributes.dge_mode : undefined;
  if (given === 'hwdge') return timing.hardwareDescriptors;
  if (given === 'swdge') return timing.softwareDescriptors;
  if (given === 'none') return 0;
  // What is known beforehand costs nothing (nki-dge.rst); hardware builds descriptors from trn2 on, and none with an index.
  const { dst, sources } = instruction;
  if ('src_index' in sources || 'dst_index' in sources) return timing.softwareDescriptors;
  if (!hasRegisters(dst) && !someOperand(sources, hasRegisters)) return 0;
  return chip === 'trn1' ? timing.softwareDescriptors : timing.hardwareDescriptors;
}

const hasRegisters = (pattern: Pattern | undefined) => pattern?.registers !== undefined;
