/**
 * The tiles of an output, and which passes of the systolic array are for which: a pass is for the tile that its sum ends in, found by
 * following what instructions read back from the stores. Where no sum reaches HBM, tiles are the banks of PSUM.
 */
import { isTranspose } from '../../../src/time/traffic';
import type { HbmTensor, Instruction, Pattern, Program } from '../../../src/program';
import { CHIPS } from '../../../src/chip';
import type { TileGrid } from './protocol';

/** Where in HBM something ends: the tensor, and the element at which the part of it begins. */
interface Place {
  readonly tensor: string;
  readonly offset: number;
}

/** Undefined where nothing is multiplied. `instructions` are those of the Program with its loops unrolled. */
export function tileGrid(program: Program, instructions: readonly Instruction[]): TileGrid | undefined {
  const passes: number[] = [];
  instructions.forEach((instruction, at) => {
    if (isPass(instruction)) passes.push(at);
  });
  if (passes.length === 0) return undefined;
  return gridOfOutput(program, passes, placesOf(instructions)) ?? gridOfBanks(program, passes, instructions);
}

function isPass(instruction: Instruction): boolean {
  const { opcode } = instruction;
  return (opcode === 'nc_matmul' || opcode === 'nc_matmul_mx') && !isTranspose(instruction);
}

/** Of each pass, by its instruction, where its sum ends. */
function placesOf(instructions: readonly Instruction[]): ReadonlyMap<number, Place> {
  /** Of each tensor on the chip, where that ends which the next instruction to read it makes of it. */
  const ends = new Map<string, Place>();
  const places = new Map<number, Place>();
  for (let at = instructions.length - 1; at >= 0; at--) {
    const instruction = instructions[at];
    if (instruction?.dst === undefined) continue;
    const { dst } = instruction;
    const place = dst.space === 'hbm' ? { tensor: dst.tensor, offset: dst.offset } : ends.get(dst.tensor);
    if (place === undefined) continue;
    if (isPass(instruction)) places.set(at, place);
    const sources: Readonly<Record<string, Pattern | undefined>> = instruction.sources;
    for (const name in sources) {
      const source = sources[name];
      if (source !== undefined && source.space !== 'hbm') ends.set(source.tensor, place);
    }
  }
  return places;
}

/** Undefined where no pass ends in an output. */
function gridOfOutput(
  program: Program,
  passes: readonly number[],
  places: ReadonlyMap<number, Place>,
): TileGrid | undefined {
  const output = mostUsed(program, places);
  if (output === undefined) return undefined;
  const columns = output.shape.at(-1) ?? 1;
  const own = passes.flatMap((at) => {
    const place = places.get(at);
    if (place?.tensor !== output.name) return [];
    return { at, row: Math.floor(place.offset / columns), column: place.offset % columns };
  });
  const rowNumbers = numbered(own.map(({ row }) => row));
  const columnNumbers = numbered(own.map(({ column }) => column));
  const tile = ({ row, column }: { row: number; column: number }): number =>
    (rowNumbers.get(row) ?? 0) * columnNumbers.size + (columnNumbers.get(column) ?? 0);
  return {
    name: output.name,
    rows: rowNumbers.size,
    columns: columnNumbers.size,
    instruction: Int32Array.from(own, ({ at }) => at),
    tile: Int32Array.from(own, tile),
  };
}

/** The output, or else the other tensor of HBM, in which the most passes end. */
function mostUsed({ tensors }: Program, places: ReadonlyMap<number, Place>): HbmTensor | undefined {
  const counts = new Map<string, number>();
  for (const { tensor } of places.values()) counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  const used = tensors.filter((each) => each.space === 'hbm').filter(({ name }) => counts.has(name));
  const rank = ({ name, role }: HbmTensor): number => (role === 'output' ? 1e9 : 0) + (counts.get(name) ?? 0);
  return used.sort((a, b) => rank(b) - rank(a))[0];
}

/** The position of each value among those that there are. */
function numbered(values: readonly number[]): ReadonlyMap<number, number> {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  return new Map(sorted.map((value, index) => [value, index]));
}

function gridOfBanks(
  program: Program,
  passes: readonly number[],
  instructions: readonly Instruction[],
): TileGrid {
  const banks = new Map(
    program.tensors.flatMap((tensor): [string, number][] =>
      tensor.space === 'psum' ? [[tensor.name, tensor.bank]] : [],
    ),
  );
  return {
    name: 'PSUM',
    rows: 1,
    columns: CHIPS[program.chip].psum.banks,
    instruction: Int32Array.from(passes),
    tile: Int32Array.from(passes, (at) => banks.get(instructions[at]?.dst?.tensor ?? '') ?? 0),
  };
}
