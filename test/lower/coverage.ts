/**
 * Runs a Program over names instead of numbers: every cell of memory holds the list of what was added into it. What
 * arrives in `out` must be every product of its row and column once, in the plan's order, and C.
 */
import { elementsOf, offsetsOf } from '../../src/program';
import type { Instruction, Pattern, StraightProgram } from '../../src/program';

type Cells = readonly string[];

function* keysOf(pattern: Pattern): Generator<string> {
  const offsets = offsetsOf(pattern);
  const [first, count] = pattern.space === 'hbm' ? [0, 1] : [pattern.partition, pattern.partitions];
  for (let partition = first; partition < first + count; partition++) {
    for (const offset of offsets) yield `${pattern.tensor}.${partition}.${offset}`;
  }
}

/** What each element of "out" was made of: "a<index>*b<index>" for each product, "c<index>" for C. */
export function symbolicRun(program: StraightProgram): readonly Cells[] {
  const memory = new Map<string, Cells>();
  const read = (pattern: Pattern) =>
    [...keysOf(pattern)].map((key) => {
      const cells = memory.get(key);
      if (cells === undefined) throw new Error(`${key} was never written`);
      return cells;
    });
  const write = (pattern: Pattern, values: readonly Cells[]) => {
    [...keysOf(pattern)].forEach((key, index) => memory.set(key, values[index] ?? []));
  };

  const multiply = ({ dst, sources, attributes }: Instruction<'nc_matmul'>) => {
    const { stationary, moving } = sources;
    const rows = stationary.partitions * (attributes.performance === 'double_row' ? 2 : 1);
    const [weights, values] = [read(stationary), read(moving)];
    const [columns, width] = [weights.length / rows, values.length / rows];
    const before = attributes.accumulate ? read(dst) : [];
    const sums = Array.from({ length: elementsOf(dst) }, (_, at) => {
      const products = Array.from({ length: rows }, (_, row) => {
        const [weight = []] = [weights[row * columns + Math.floor(at / width)]];
        const [value = []] = [values[row * width + (at % width)]];
        return `${weight.join()}*${value.join()}`;
      });
      return [...(before[at] ?? []), ...products];
    });
    write(dst, sums);
  };

  for (const tensor of program.tensors) {
    if (tensor.space !== 'hbm' || tensor.role === 'output') continue;
    const count = tensor.shape.reduce((product, extent) => product * extent, 1);
    for (let index = 0; index < count; index++)
      memory.set(`${tensor.name}.0.${index}`, [`${tensor.name}${index}`]);
  }
  for (const instruction of program.instructions) {
    if (instruction.opcode === 'nc_matmul') {
      multiply(instruction);
    } else if (instruction.opcode === 'tensor_tensor') {
      const right = read(instruction.sources.data2);
      const sums = read(instruction.sources.data1).map((cells, index) => [...cells, ...(right[index] ?? [])]);
      write(instruction.dst, sums);
    } else if (instruction.opcode === 'tensor_copy' || instruction.opcode === 'dma_copy') {
      write(instruction.dst, read(instruction.sources.src));
    } else throw new Error(`A matmul's Program has no ${instruction.opcode}`);
  }
  const out = program.tensors.find((tensor) => tensor.name === 'out');
  if (out?.space !== 'hbm') throw new Error('no output');
  const count = out.shape.reduce((product, extent) => product * extent, 1);
  return read({ space: 'hbm', tensor: 'out', dtype: out.dtype, offset: 0, dims: [[1, count]] });
}
