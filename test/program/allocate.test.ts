import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import { UserError } from '../../src/numerics';
import { Allocator, SBUF_ALIGN, tensorBytes } from '../../src/program';

const request = fc.record({
  dtype: fc.constantFrom('uint8', 'bfloat16', 'float32' as const),
  elements: fc.integer({ min: 1, max: 3000 }),
  partition: fc.constantFrom(0, 32, 64, 96),
  partitions: fc.integer({ min: 1, max: 32 }),
});

describe('Allocator', () => {
  test('gives aligned places that share no byte of a partition', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 20 }), (requests) => {
        const memory = new Allocator(CHIPS.trn2);
        const placed = requests.map((wanted, index) => memory.sbuf({ name: `t${index}`, ...wanted }));
        placed.forEach((a, index) => {
          expect(a.address % SBUF_ALIGN).toBe(0);
          for (const b of placed.slice(index + 1)) {
            const apart =
              a.address + tensorBytes(a) <= b.address ||
              b.address + tensorBytes(b) <= a.address ||
              a.partition + a.partitions <= b.partition ||
              b.partition + b.partitions <= a.partition;
            expect(apart).toBe(true);
          }
        });
      }),
    );
  });

  const tile = { dtype: 'float32', partitions: 128, elements: 16 } as const;

  test('fills other partitions before it goes on', () => {
    const memory = new Allocator(CHIPS.trn2);
    const half = { ...tile, partitions: 64 };
    expect(memory.sbuf({ name: 'a', ...half }).address).toBe(0);
    expect(memory.sbuf({ name: 'b', ...half, partition: 64 }).address).toBe(0);
    expect(memory.sbuf({ name: 'c', ...tile }).address).toBe(64);
  });

  test('gives whole banks', () => {
    const memory = new Allocator(CHIPS.trn3);
    expect(memory.psum({ name: 'a', ...tile }).bank).toBe(0);
    expect(memory.psum({ name: 'b', ...tile, elements: 513 }).bank).toBe(1);
    expect(memory.psum({ name: 'c', ...tile }).bank).toBe(3);
    expect(memory.psum({ name: 'd', ...tile }, 7).bank).toBe(7);
  });

  test('says what does not fit, overlaps or is misplaced', () => {
    const memory = new Allocator(CHIPS.trn1);
    memory.sbuf({ name: 'a', ...tile });
    memory.psum({ name: 'p', ...tile }, 7);
    const refused = (message: string, act: () => unknown) => {
      expect(act).toThrow(UserError);
      expect(act).toThrow(message);
    };
    refused('SBUF of trn1 is full: "b" takes 180224 bytes a partition from 64, and 180224 are usable.', () =>
      memory.sbuf({ name: 'b', ...tile, elements: 45056 }),
    );
    refused('"b" (bytes 0..63) overlaps "a" (bytes 0..63) in SBUF of trn1.', () =>
      memory.sbuf({ name: 'b', ...tile }, 0),
    );
    refused('"b" must start at a multiple of 64 bytes, received 32.', () =>
      memory.sbuf({ name: 'b', ...tile }, 32),
    );
    refused('"b" takes partitions 64..191; SBUF of trn1 has 0..127.', () =>
      memory.sbuf({ name: 'b', ...tile, partition: 64 }),
    );
    refused('"q" (bytes 14336..16383) overlaps "p"', () => memory.psum({ name: 'q', ...tile }, 7));
    refused('PSUM is full: "q" takes 2048 bytes a partition from 16384', () =>
      memory.psum({ name: 'q', ...tile }, 8),
    );
    refused('The name of a tensor must be 1 to 200 letters, digits, "_", "." and "-"', () =>
      memory.sbuf({ name: 'two words', ...tile }),
    );
    refused('Two tensors are named "a"', () =>
      memory.hbm({ name: 'a', dtype: 'int8', shape: [1], role: 'input' }),
    );
  });
});
