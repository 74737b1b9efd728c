/** Operands whose elements an index tile chooses, on every adapter: what the reference leaves, findings and errors too. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { Dtype } from '../../../../src/numerics';
import type { ChipPattern } from '../../../../src/program';
import { codes } from '../../../isa/vector-arbitrary';
import { rounds } from '../../runs';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';
import { Instances } from './instances';

const RUNS = rounds(2);
const EACH = 8;
/** Elements of each partition of the tensors that an index chooses from. */
const WIDTH = 50;

const formats = fc.constantFrom<Dtype>('float32', 'bfloat16', 'uint8', 'int16');

const cases = fc
  .record({
    shape: fc.constantFrom([16, 1], [16, 3], [32, 2], [64, 1], [1, 2], [5, 1], [24, 1] as const),
    share: fc.integer({ min: 1, max: 100 }),
    partition: fc.constantFrom(0, 64),
    offset: fc.nat(15),
    index: fc.constantFrom<Dtype>('uint16', 'uint32', 'int32'),
    opcode: fc.constantFrom(
      'tensor_copy',
      'tensor_tensor',
      'tensor_scalar',
      'activation',
      'tensor_copy_predicated',
    ),
    engine: fc.constantFrom('vector', 'scalar' as const),
    src: formats,
    dst: formats,
    chosen: fc.constantFrom('src', 'dst', 'both'),
    /** Whether dst is the tensor that the source is chosen from. */
    isShared: fc.boolean(),
    isOutside: fc.integer({ min: 0, max: 40 }).map((dice) => dice === 0),
    isUnwritten: fc.integer({ min: 0, max: 40 }).map((dice) => dice === 0),
  })
  .chain(({ shape: [partitions, columns], share, ...more }) => {
    const most = partitions % 16 === 0 ? 16 * columns : partitions % 16;
    const elements = Math.max(1, Math.floor((most * share) / 100));
    const last = more.isOutside ? WIDTH + 20 : WIDTH - 1 - more.offset;
    // Of two faults of one instruction an adapter may tell the other: what an index holds it knows only when it was computed.
    const isUnwritten = more.isUnwritten && !more.isOutside;
    const length = partitions * columns;
    const tile = fc.array(fc.integer({ min: more.index === 'int32' ? -more.offset : 0, max: last }), { minLength: length, maxLength: length }); // prettier-ignore
    const held = (dtype: Dtype, width: number) =>
      fc.array(codes(dtype), { minLength: partitions * width, maxLength: partitions * width });
    return fc.record({
      more: fc.constant({ ...more, isUnwritten, partitions, columns, elements }),
      tiles: fc.tuple(tile, tile),
      source: held(more.src, WIDTH),
      other: held(more.src, elements),
      values: held(more.dst, elements),
      flags: held('uint8', WIDTH).map((list) => list.map((code) => code & 1)),
      isReversed: fc.boolean(),
      target: held(more.dst, WIDTH),
    });
  });

onEveryAdapter((on) => {
  test('sources and dst', async () => {
    const many = fc.array(cases, { minLength: EACH, maxLength: EACH });
    await fc.assert(
      fc.asyncProperty(many, async (all) => {
        const made = new Instances('trn3');
        for (const { more, tiles, source, other, target, values, flags, isReversed } of all) {
          const { partitions, columns, elements, partition, offset } = more;
          const on = (dtype: Dtype, width: number, held?: readonly number[]) =>
            made.on({
              tensor: { dtype, partition, partitions, elements: width, ...(held && { codes: held }) },
            });
          const [ofSource, ofTarget] = tiles.map((tile) =>
            on(more.index, columns, tile.map((value) => value >>> 0)),
          ); // prettier-ignore
          const chosen = (pattern: ChipPattern, index: ChipPattern | undefined): ChipPattern => ({
            ...pattern,
            offset,
            dims: [[0, elements]],
            ...(index && { index }),
          });
          const plain = (pattern: ChipPattern): ChipPattern => ({ ...pattern, dims: [[1, elements]] });
          const from = on(more.src, WIDTH, more.isUnwritten ? undefined : source);
          const second = on(more.src, elements, other);
          const into = more.isShared ? from : on(more.dst, WIDTH, more.isUnwritten ? undefined : target);
          const src = more.chosen === 'dst' ? plain(from) : chosen(from, ofSource);
          const dst = more.chosen === 'src' ? plain(into) : chosen(into, ofTarget);
          const { engine } = more;
          switch (more.opcode) {
            case 'tensor_copy':
              made.add({ opcode: 'tensor_copy', engine, dst, sources: { src }, attributes: {} });
              break;
            case 'tensor_copy_predicated': {
              const tile = on('uint8', WIDTH, flags);
              const predicate = more.chosen === 'dst' ? plain(tile) : chosen(tile, ofSource);
              const copied = more.isShared ? second : on(more.dst, elements, values);
              made.add({
                opcode: 'tensor_copy_predicated',
                engine: 'vector',
                dst,
                sources: { src: copied, predicate },
                attributes: { reverse_pred: isReversed },
              });
              break;
            }
            case 'activation':
              made.add({
                opcode: 'activation',
                engine: 'scalar',
                dst,
                sources: { data: src },
                attributes: { op: 'square', reduce_op: 'add', reduce_cmd: 'idle' },
              });
              break;
            case 'tensor_tensor':
              made.add({
                opcode: 'tensor_tensor',
                engine: 'vector',
                dst,
                sources: { data1: src, data2: second },
                attributes: { op: 'add' },
              });
              break;
            case 'tensor_scalar':
              made.add({
                opcode: 'tensor_scalar',
                engine: 'vector',
                dst,
                sources: { data: src },
                attributes: { op0: 'multiply', operand0: 0.75 },
              });
          }
        }
        await expectAgreement(on.interpreter, made.program, made.inputs);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  }, 3600_000);
});
