/** Each rule on the smallest Program that breaks it, and on its sound twin. */
import { describe, expect, test } from 'vitest';
import { parseProgram } from '../../src/program';
import type { Program } from '../../src/program';
import { RULE_CODES, RULES, verifyProgram, type RuleCode } from '../../src/verify';
import { RUNTIME_CODES } from '../../src/verify/rules';

/** Everything after "program trn2", or after a chip that the text names itself. */
const read = (text: string): Program =>
  parseProgram(/^\s*program/.test(text) ? text.trim() : `program trn2\n${text}`);

const HBM = `
  hbm x float32 [4, 8] input
  hbm y float32 [4, 8] output`;
const SBUF = 'sbuf t float32 partitions 0:4 elements 8 address 0';
const LOAD = 'load dma dma_copy t p0:4 [1,8] = src x [8,4][1,8]';
const STORE = 'store dma dma_copy y [8,4][1,8] = src t p0:4 [1,8]';

/** A copy by way of SBUF, with more tensors and instructions between. */
const copied = (tensors: string, between: string) => [HBM, SBUF, tensors, LOAD, between, STORE].join('\n');

const MATMUL = `
  hbm a bfloat16 [16, 4] input
  hbm y float32 [4, 8] output
  sbuf s bfloat16 partitions 0:16 elements 4 address 0
  sbuf m bfloat16 partitions 0:16 elements 8 address 64
  sbuf o float32 partitions 0:4 elements 8 address 128
  psum p float32 partitions 0:4 elements 512 bank 0
  psum q float32 partitions 0:4 elements 512 bank 1`;
const OPERANDS = `
  la dma dma_copy s p0:16 [1,4] = src a [4,16][1,4]
  lb vector memset m p0:16 [1,8] = code 0`;
const pass = (id: string, accumulate: boolean, dst = 'p p0:4 [1,8]') =>
  `${id} tensor nc_matmul ${dst} = stationary s p0:16 [1,4], moving m p0:16 [1,8], accumulate ${accumulate}, performance none`;
const OUT = `
  copy vector tensor_copy o p0:4 [1,8] = src p p0:4 [1,8]
  store dma dma_copy y [8,4][1,8] = src o p0:4 [1,8]`;
/** A matmul whose passes are given. */
const multiplied = (...passes: string[]) => [MATMUL, OPERANDS, ...passes, OUT].join('\n');

const REDUCED = `
  sbuf r float32 partitions 0:4 elements 1 address 64
  sbuf u float32 partitions 0:4 elements 8 address 128
  hbm z float32 [4, 1] output`;
const STORED = 'more dma dma_copy z [1,4] = src r p0:4 [1,1]';
const reduce = (id: string, command: string, result: boolean, op = 'add') =>
  `${id} vector tensor_scalar_reduce u p0:4 [1,8]${result ? ', reduce_res r p0:4 [1,1]' : ''} = data t p0:4 [1,8], op0 multiply, operand0 2, reduce_op ${op}, reduce_cmd ${command}`;
const reduced = (...steps: string[]) => copied(REDUCED, [...steps, STORED].join('\n'));

interface Case {
  readonly bad: Program;
  readonly good: Program;
  /** What the message quotes. */
  readonly says: RegExp;
}

const texts = (bad: string, good: string, says: RegExp): Case => ({ bad: read(bad), good: read(good), says });

const sound = read(copied('', ''));
const named = (program: Program, tensor: string, name: string): Program => ({
  ...program,
  tensors: program.tensors.map((each) => (each.name === tensor ? { ...each, name } : each)),
});

const isCase = (code: RuleCode): code is keyof typeof CASES => code in CASES;

type Runtime = (typeof RUNTIME_CODES)[keyof typeof RUNTIME_CODES];

const CASES: Readonly<Record<Exclude<RuleCode, Runtime>, Case>> = {
  SYS101: texts(
    copied(
      'sbuf u float32 partitions 0:4 elements 8 address 64',
      'c vector tensor_copy t p0:4 [1,8] = src t p0:4 [1,7]',
    ),
    copied(
      'sbuf u float32 partitions 0:4 elements 8 address 64',
      'c vector tensor_copy t p0:4 [1,8] = src t p0:4 [1,8]',
    ),
    /tensor_copy c: illegal instruction: .*elements.*received dst 4 x 8, src 4 x 7/,
  ),
  SYS102: texts(
    copied('', 'c vector tensor_copy t p1:3 [1,8] = src t p1:3 [1,8]'),
    copied('', 'c vector tensor_copy t p0:3 [1,8] = src t p0:3 [1,8]'),
    /start partition: required 3 partitions must start at partition 0, 32, 64 or 96; received 1\./,
  ),
  SYS103: texts(
    multiplied(pass('m1', false), pass('m2', false, 'q p0:4 [1,8]'))
      .replace(
        'copy vector tensor_copy o p0:4 [1,8] = src p',
        'copy vector tensor_tensor o p0:4 [1,8] = data1 q p0:4 [1,8], data2 p',
      )
      .replace('p p0:4 [1,8]\n  store', 'p p0:4 [1,8], op add\n  store'),
    multiplied(pass('m1', false)),
    /operand data2: two inputs in PSUM/,
  ),
  SYS104: texts(
    multiplied(pass('m1', false)).replace('copy vector', 'copy gpsimd'),
    multiplied(pass('m1', false)),
    /operand src: GpSimd on PSUM/,
  ),
  SYS105: texts(
    `program trn3\n${multiplied(pass('m1', false)).replaceAll('bfloat16', 'float8_e4m3').replace('moving m p0:16 [1,8],', 'moving m p0:16 [1,8] as float8_e4m3fn,')}`,
    `program trn3\n${multiplied(pass('m1', false)).replaceAll('bfloat16', 'float8_e4m3')}`,
    /fp8 variants mixed/,
  ),
  SYS106: texts(
    copied('', 'c scalar tensor_tensor t p0:4 [1,8] = data1 t p0:4 [1,8], data2 t p0:4 [1,8], op add'),
    copied('', 'c vector tensor_tensor t p0:4 [1,8] = data1 t p0:4 [1,8], data2 t p0:4 [1,8], op add'),
    /required it is issued to vector, gpsimd; received scalar/,
  ),
  SYS107: texts(
    copied('', 'c vector memset t p0:4 [1,8] as float8_e4m3fn = code 0'),
    copied('', 'c vector memset t p0:4 [1,8] as float8_e4m3 = code 0'),
    /operand dst: format not on this chip: required trn2 has no float8_e4m3fn/,
  ),
  SYS108: texts(
    copied('', 'c vector tensor_copy t p0:4 [1,8] = src t p0:4 [1,8]; after lode'),
    copied('', 'c vector tensor_copy t p0:4 [1,8] = src t p0:4 [1,8]; after load'),
    /tensor_copy c, operand after\[0\]: edge that cannot be kept: required another instruction of the same body or of one around it; received "lode", which no instruction is called\./,
  ),
  SYS109: texts(
    copied('', 'c vector tensor_copy t p0:4 [1,8] = src t p0:4 [1,8]; after store').concat('; after c'),
    copied('', 'c vector tensor_copy t p0:4 [1,8] = src t p0:4 [1,8]').concat('; after c'),
    /tensor_copy c: edges in a circle: required edges that some order keeps; received c after store, store after c\./,
  ),
  SYS201: {
    bad: named(sound, 't', 'u'),
    good: sound,
    says: /dst: no such tensor: required a tensor "t" in sbuf; received no/,
  },
  SYS202: texts(
    copied('', 'c vector tensor_copy t p0:4 +1 [1,8] = src t p0:4 [1,8]'),
    copied('', 'c vector tensor_copy t p0:4 +1 [1,7] = src t p0:4 +1 [1,7]'),
    /operand dst: outside the tensor: required elements within 0\.\.7 of "t" as float32; received elements 1\.\.8/,
  ),
  SYS203: texts(
    copied('', '').replace('address 0', 'address 229345'),
    copied('', '').replace('address 0', 'address 229344'),
    /t: memory exceeded: .*229376 usable bytes.*received bytes 229345\.\.229376/,
  ),
  SYS204: {
    bad: { ...sound, instructions: sound.instructions.map((each) => ({ ...each, id: 'same' })) },
    good: sound,
    says: /a second "same"/,
  },
  SYS301: texts(
    [HBM, SBUF, STORE].join('\n'),
    copied('', ''),
    /store, operand src: read before written: .*element 0 of partition 0 of "t", which nothing has written/,
  ),
  SYS302: texts(
    copied('sbuf u float32 partitions 0:4 elements 2 address 24', 'c vector memset u p0:4 [1,2] = code 0'),
    copied(
      'sbuf u float32 partitions 0:4 elements 2 address 24',
      `c vector memset u p0:4 [1,2] = code 0\nagain dma dma_copy t p0:4 [1,8] = src x [8,4][1,8]`,
    ).replace(LOAD, ''),
    /bytes that memset c wrote through "u"/,
  ),
  SYS303: texts(
    copied(
      '',
      'w vector tensor_copy t p0:4 [1,8] as int32 = src t p0:4 [1,8]\nc vector tensor_copy t p0:4 [1,8] as bfloat16 = src t p0:4 [1,8]\nd vector memset t p0:4 [1,8] = code 0',
    ),
    copied(
      '',
      'w vector tensor_copy t p0:4 [1,8] as int32 = src t p0:4 [1,8]\nc vector tensor_copy t p0:4 [1,8] = src t p0:4 [1,8] as int32',
    ),
    /c, operand src: reinterpreted bytes: required bytes written as float32; received bytes of "t" that tensor_copy w wrote as int32/,
  ),
  SYS304: texts(
    copied('', '').replace('y [8,4][1,8] = src t p0:4', 'y [8,3][1,8] = src t p0:3'),
    copied('', ''),
    /y: output not written: .*nothing written from element \[3, 0\] on \(1 x 8 elements\)/,
  ),
  SYS305: texts(
    copied(
      'sbuf u float32 partitions 0:4 elements 8 address 64',
      'c vector tensor_copy u p0:4 [1,8] = src t p0:4 [1,8]',
    ),
    copied(
      'sbuf u float32 partitions 0:4 elements 8 address 64',
      'c vector tensor_copy u p0:4 [1,8] = src t p0:4 [1,8]\nd vector tensor_copy t p0:4 [1,8] = src u p0:4 [1,8]',
    ),
    /c: never read: .*the end of the Program/,
  ),
  SYS401: texts(
    multiplied('z vector memset p p0:4 [1,8] = code 0', pass('m1', true)),
    multiplied(pass('m1', false), pass('m2', true)),
    /m1, operand dst: accumulation not started: .*received what memset z wrote/,
  ),
  SYS402: texts(
    multiplied(
      pass('m1', false),
      pass('m2', false, 'p p0:4 +8 [1,8]'),
      pass('m3', true),
      pass('m4', true, 'p p0:4 +8 [1,8]'),
    ).replace('copy vector', 'other vector tensor_copy o p0:4 [1,8] = src p p0:4 +8 [1,8]\ncopy vector'),
    multiplied(
      pass('m1', false),
      pass('m2', false, 'q p0:4 [1,8]'),
      pass('m3', true),
      'first vector tensor_copy o p0:4 [1,8] = src q p0:4 [1,8]',
    ).replace(
      'tensor_copy o p0:4 [1,8] = src p p0:4 [1,8]\n',
      'tensor_tensor o p0:4 [1,8] = data1 p p0:4 [1,8], data2 o p0:4 [1,8], op add\n',
    ),
    /m3, operand dst: accumulation groups interleaved: .*before nc_matmul m2 wrote/,
  ),
  SYS403: texts(
    multiplied(pass('m1', false), pass('m2', false)),
    multiplied(pass('m1', false), pass('m2', true)),
    /nc_matmul m2, operand dst: sum lost: required the sum of nc_matmul m1 to be read/,
  ),
  SYS404: texts(
    multiplied(
      pass('m1', false),
      'first vector tensor_copy o p0:4 [1,8] = src p p0:4 [1,8]\nuse dma dma_copy y [8,4][1,8] = src o p0:4 [1,8]',
      pass('m2', true),
    ),
    multiplied(pass('m1', false), pass('m2', true)),
    /m2, operand dst: group continued after it was read: .*tensor_copy first has read/,
  ),
  SYS501: texts(
    reduced(
      reduce('r1', 'reset_reduce', false),
      reduce('r2', 'reset_reduce', true, 'maximum'),
      reduce('r3', 'reduce', true),
    ),
    reduced(reduce('r1', 'reset_reduce', false), reduce('r3', 'reduce', true)),
    /r3, operand vector accumulator: accumulator registers clobbered: .*what tensor_scalar_reduce r2 accumulated by maximum/,
  ),
  SYS502: texts(
    reduced(reduce('r1', 'reduce', true)),
    reduced(reduce('r1', 'reset_reduce', true)),
    /r1, operand vector accumulator: accumulator registers not set: .*nothing in partition 0/,
  ),
  SYS503: texts(
    reduced(reduce('r1', 'reset_reduce', false), reduce('r2', 'reset_reduce', true)),
    reduced(reduce('r1', 'reset_reduce', false), reduce('r2', 'reduce', true)),
    /r1: accumulated value lost: .*tensor_scalar_reduce r2, which starts anew/,
  ),
  SYS601: texts(
    copied('', 'c vector memset t p0:4 +$i*1 [1,1] = code 0'),
    copied('', 'set vector register_move = register i, value 7\nc vector memset t p0:4 +$i*1 [1,1] = code 0'),
    /c, operand dst: register read before set: required register "i" to be set/,
  ),
  SYS602: texts(
    copied(
      '',
      Array.from({ length: 65 }, (_, i) => `r${i} vector register_move = register v${i}, value 1`).join('\n'),
    ),
    copied(
      '',
      Array.from({ length: 64 }, (_, i) => `r${i} vector register_move = register v${i}, value 1`).join('\n'),
    ),
    /too many registers: .*received register "v64", one more/,
  ),
  SYS603: texts(
    copied(
      '',
      'set vector register_move = register i, value 1\nw while $i {\nc vector memset t p0:4 [1,4] = code 0\n}',
    ),
    copied(
      '',
      'set vector register_move = register i, value 1\nw while $i {\nc vector memset t p0:4 [1,4] = code 0\nend vector register_move = register i, value 0\n}',
    ),
    /while w: loop without end: .*register "i"; received a body that leaves it, which holds 1/,
  ),
  SYS801: texts(
    copied('', 'd vector dropout t p0:4 [1,8] = data t p0:4 [1,8], prob 0.5'),
    copied(
      'sbuf s uint32 partitions 0:1 elements 1 address 64',
      `seed vector memset s p0:1 [1,1] = code 7
      set vector set_rng_seed = src_seeds s p0:1 [1,1]
      d vector dropout t p0:4 [1,8] = data t p0:4 [1,8], prob 0.5`,
    ),
    /dropout d, operand vector generators: generator not seeded: .*received nothing that sets those of partition 0/,
  ),
};

test('states of some partitions leave the others without', () => {
  const set = (partitions: string) => `program trn2
    hbm x uint32 [4, 6] input
    hbm y uint32 [4, 6] output
    sbuf s uint32 partitions 0:4 elements 6 address 0
    load dma dma_copy s p0:4 [1,6] = src x [6,4][1,6]
    set gpsimd rand_set_state = src_seeds s p0:${partitions} [1,6]
    get gpsimd rand_get_state s p0:4 [1,6] =
    store dma dma_copy y [6,4][1,6] = src s p0:4 [1,6]`;
  const messages = (program: string) => verifyProgram(read(program)).findings.map(({ message }) => message);
  expect(messages(set('4'))).toEqual([]);
  expect(messages(set('2'))).toEqual([
    'rand_get_state get, operand gpsimd generators: generator not seeded: required generators that rand_set_state has set; received nothing that sets those of partition 2.',
  ]);
});

test('exponential and activate2 share accumulator registers with the others of their engines', () => {
  const program = (first: string, last: string) => `program trn3
    ${HBM}
    hbm z float32 [4, 1] output
    ${SBUF}
    sbuf r float32 partitions 0:4 elements 1 address 64
    sbuf u float32 partitions 0:4 elements 8 address 128
    ${LOAD}
    ${first}
    ${last}
    ${STORED}
    ${STORE}`;
  const exponential = (id: string, command: string, result = '') =>
    `${id} vector exponential u p0:4 [1,8]${result} = src t p0:4 [1,8], reduce_cmd ${command}`;
  const activate = (id: string, op: string, command: string, result = '') =>
    `${id} scalar activate2 u p0:4 [1,8]${result} = data t p0:4 [1,8], op exp, op0 bypass, op1 bypass, reduce_op ${op}, reduce_cmd ${command}`;
  const RES = ', reduce_res r p0:4 [1,1]';
  const codes = (...lines: [string, string]) => verifyProgram(read(program(...lines))).findings.map(({ code }) => code); // prettier-ignore
  expect(codes(exponential('a', 'reset_reduce'), exponential('b', 'reduce', RES))).toEqual([]);
  expect(codes(exponential('a', 'idle'), exponential('b', 'reduce', RES))).toEqual(['SYS501', 'SYS305']);
  expect(codes(reduce('a', 'reset_reduce', false), exponential('b', 'reduce', RES))).toEqual(['SYS501']);
  expect(codes(activate('a', 'abs_max', 'reset_reduce'), activate('b', 'abs_max', 'reduce', RES))).toEqual(
    [],
  );
  expect(codes(activate('a', 'add', 'reset_reduce'), activate('b', 'maximum', 'reduce', RES))).toEqual(['SYS501']); // prettier-ignore
});

describe('an indirect operand', () => {
  const TILES = `
    hbm n uint16 [4, 1] input
    sbuf i uint16 partitions 0:4 elements 1 address 64
    sbuf u float32 partitions 0:4 elements 4 address 128`;
  const INDEX = 'li dma dma_copy i p0:4 [1,1] = src n [1,4][1,1]';
  const GATHER = 'pick vector tensor_copy u p0:4 [1,4] = src t p0:4 [0,4] by i p0:4 [1,1]';
  const SCATTER = 'put vector tensor_copy t p0:4 [0,4] by i p0:4 [1,1] = src u p0:4 [1,4]';
  const found = (text: string, chip = 'trn3') => {
    const { findings } = verifyProgram(read(`program ${chip}\n${text}`));
    return findings.map(({ code, operand }) => `${code} ${operand ?? ''}`);
  };

  test('reads its index, and may take any element of its tensor', () => {
    expect(found(copied(TILES, [INDEX, GATHER, SCATTER].join('\n')))).toEqual([]);
    expect(found(copied(TILES, [GATHER, SCATTER].join('\n')))).toEqual([
      'SYS301 src.index',
      'SYS301 dst.index',
    ]);
    // Nothing is loaded at all that it could take.
    const unloaded = [HBM, SBUF, TILES, INDEX, GATHER, SCATTER, STORE].join('\n');
    expect(found(unloaded)).toEqual(['SYS301 src']);
    // What is scattered may be any part, so that nothing is said of what it leaves.
    expect(
      found([HBM, SBUF, TILES, INDEX, 'zero vector memset u p0:4 [1,4] = code 0', SCATTER, STORE].join('\n')),
    ).toEqual([]);
  });

  test('is on trn3 alone', () => {
    expect(found(copied(TILES, [INDEX, GATHER, SCATTER].join('\n')), 'trn2')).toEqual([
      'SYS106 src',
      'SYS106 dst',
    ]);
  });

  test('of which all bytes were overwritten through another tensor is told', () => {
    const over = `${TILES}
      sbuf o float32 partitions 0:4 elements 8 address 0`;
    const lost = [INDEX, 'lose dma dma_copy o p0:4 [1,8] = src x [8,4][1,8]', GATHER, SCATTER].join('\n');
    const gathers = (text: string) =>
      verifyProgram(read(`program trn3\n${copied(over, text)}`)).findings.filter(
        ({ code, instruction }) => code === 'SYS302' && instruction === 'pick',
      );
    expect(gathers(lost).map(({ message }) => message)).toEqual([
      'tensor_copy pick, operand src: overwritten through another tensor: required what was written to "t"; received bytes that dma_copy lose wrote through "o".',
    ]);
    const half = [INDEX, 'lose dma dma_copy o p0:4 [1,4] = src x [8,4][1,4]', GATHER, SCATTER].join('\n');
    expect(gathers(half)).toEqual([]);
  });

  test('breaks rules of its index by name', () => {
    const short = 'pick vector tensor_copy u p0:4 [1,4] = src t p0:4 [0,4] by i p0:3 [1,1]';
    expect(found(copied(TILES, [INDEX, short, SCATTER].join('\n')))).toEqual(['SYS101 src.index']);
    const outside = 'pick vector tensor_copy u p0:4 [1,4] = src t p0:4 [0,4] by i p0:4 +1 [1,1]';
    expect(found(copied(TILES, [INDEX, outside, SCATTER].join('\n')))).toContain('SYS202 src.index');
    const behind = 'pick vector tensor_copy u p0:4 [1,4] = src t p0:4 +8 [0,4] by i p0:4 [1,1]';
    expect(found(copied(TILES, [INDEX, behind, SCATTER].join('\n')))).toContain('SYS202 src');
  });
});

describe('each rule', () => {
  test.each(RULE_CODES.filter(isCase))('%s', (code) => {
    const { bad, good, says } = CASES[code];
    const rule = RULES[code];
    const [found] = verifyProgram(bad).findings.filter((finding) => finding.code === code);
    expect(found?.message).toMatch(says);
    expect(found).toMatchObject({ rule: rule.title, severity: rule.severity, mend: rule.mend });
    expect(verifyProgram(bad).sound).toBe(
      verifyProgram(bad).findings.every(({ severity }) => severity === 'warning'),
    );
    expect(verifyProgram(good).findings.map(({ message }) => message)).toEqual([]);
  });

  test('has a case here, or is found by a run', () => {
    expect([...Object.keys(CASES), ...Object.values(RUNTIME_CODES)].sort()).toEqual(RULE_CODES);
  });
});
