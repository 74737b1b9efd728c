/**
 * nc_transpose (nki.isa.nc_transpose): dst[F, P] = data[P, F] transposed, all free dimensions of data as one. The Tensor engine
 * does it as nc_matmul does (transpose.ts), the Vector engine by moving codes within 32 x 32 blocks.
 */
import type { Chip } from '../../chip';
import { decodeArray, encodeArray } from '../../numerics';
import { bytesOf } from '../../program';
import type { Instruction } from '../../program';
import { datapath, passWork } from '../cost';
import { ALL_CHIPS, type Entry, type Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { passSums } from './pass';
import { identity, movesCodes, transposeCodes, transposedProblem } from './transpose';

type Transpose = Instruction<'nc_transpose'>;

function formatProblem({ engine, dst, sources: { data } }: Transpose, chip: Chip): Problem {
  if (engine === 'tensor' && movesCodes(chip.name)) {
    return transposedProblem('data', data.dtype, dst.dtype, chip);
  }
  if (engine === 'tensor' && !chip.matmul.dtypes.includes(data.dtype)) {
    return `tensor transposes on ${chip.name} by multiplying, which it does not do with ${data.dtype}: use vector, or one of ${chip.matmul.dtypes.join(', ')}.`;
  }
  if (dst.dtype === data.dtype) return undefined;
  return `dst must have data’s format, ${data.dtype}, received ${dst.dtype}.`;
}

function shapeProblem({ engine, dst, sources: { data } }: Transpose): Problem {
  const most = engine === 'tensor' ? 128 : 32;
  const width = widthOf(data);
  if (data.partitions > most || width > most) {
    return `${engine} transposes at most ${most} x ${most}, received data of ${data.partitions} x ${width}.`;
  }
  if (dst.partitions === width && widthOf(dst) === data.partitions) return undefined;
  return `dst must be ${width} x ${data.partitions}, data transposed, received ${dst.partitions} x ${widthOf(dst)}.`;
}

export const ncTranspose: Entry<'nc_transpose'> = {
  summary: 'dst = data transposed.',
  chips: ALL_CHIPS,
  engines: ['tensor', 'vector'],
  rules: [
    'tensor takes up to 128 x 128 from SBUF to PSUM, vector up to 32 x 32 between any of SBUF and PSUM.',
    'dst has data’s format and data’s codes.',
    'tensor on trn2 and trn3 writes 8-bit formats as uint16 with an upper byte of 0.',
    'tensor on trn1 multiplies by the identity: beside an infinity or NaN, the rest of its row of dst is NaN; -0 becomes +0.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, sources } = instruction;
    const tensor = engine === 'tensor';
    return [
      spaceProblem('dst', dst, tensor ? ['psum'] : ['sbuf', 'psum']),
      spaceProblem('data', sources.data, tensor ? ['sbuf'] : ['sbuf', 'psum']),
      ...operandProblems({ dst, data: sources.data }, engine, chip),
      formatProblem(instruction, chip),
      shapeProblem(instruction),
    ];
  },
  run: ({ engine, dst, sources: { data } }, machine) => {
    const codes = machine.read('data', data);
    const [rows, columns] = [data.partitions, widthOf(data)];
    if (engine === 'tensor' && !movesCodes(machine.chip)) {
      const sums = passSums(decodeArray(data.dtype, codes), identity(rows), columns, rows);
      machine.write(dst, encodeArray(dst.dtype, sums));
      return;
    }
    const all = Int32Array.from({ length: rows }, (_, row) => row);
    machine.write(dst, transposeCodes(codes, columns, all, dst.dtype));
  },
  cost: {
    words:
      'On Tensor max(P, min(64, F)) cycles, four times that for float32 on trn1, and twice from trn2 on (trainium2_arch.rst; named choice: for 32-bit integers too); on Vector max(64, N) cycles',
    documented: true,
    work: ({ engine, sources: { data } }, { matmul: { transposePasses } }) => {
      const width = widthOf(data);
      if (engine === 'vector') return datapath(width);
      const passes = bytesOf(data.dtype) === 4 && data.dtype !== 'tfloat32' ? transposePasses : 1;
      return passWork(data.partitions, width, data.partitions, passes);
    },
  },
};
