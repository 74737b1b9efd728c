/** Outputs of kernels on the page against the library: of its shape, or not compared at all. */
import { expect, test } from 'vitest';
import { compareWithLibrary } from '../../bench/page/kernel/comparison';
import { runProgram } from '../../src/execute/reference';
import { trace } from '../../src/kernel';
import { sizesOf } from '../../src/kernels/entry';
import { libraryEntry } from '../../src/kernels/library';
import { randomInputs } from '../../src/kernels/random';
import { hbmTensors } from '../../src/program';

const entry = libraryEntry('softmax');
const sizes = sizesOf(entry, { rows: 4, columns: 6 });
const inputs = randomInputs(entry, sizes, 'float32', 1);
const { program } = trace(entry.kernel(sizes), { chip: 'trn2', inputs });
const codes = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.codes]));
const outputs = runProgram(program, codes);
const tensors = hbmTensors(program, 'output');

test('an output of the right shape is compared', () => {
  const comparison = compareWithLibrary({ kernel: 'softmax', sizes, inputs, tensors, outputs });
  expect(comparison).toMatchObject({ type: 'compared', elements: 24, wrong: 0 });
});

test('an output of as many elements in another shape is not right', () => {
  const turned = tensors.map((tensor) => ({ ...tensor, shape: [6, 4] }));
  const comparison = compareWithLibrary({ kernel: 'softmax', sizes, inputs, tensors: turned, outputs });
  expect(comparison).toEqual({
    type: 'none',
    reason: 'The output "result" of the library is [4, 6], and this kernel\'s is [6, 4].',
  });
});
