/**
 * A benchmark result as a file has it: what a comparison reads of it, believed only after a look at every field. Fields that other
 * versions lack are null, so that results of different versions can be set side by side.
 */
import { UserError } from '../../src/numerics';

/** One result: the parsed JSON of a report, and what to call it. */
export interface NamedReport {
  readonly name: string;
  readonly report: unknown;
}

export interface ReadReport {
  readonly name: string;
  readonly started: string | null;
  readonly outcome: string | null;
  /** Of the machine and the software, by what they are called. */
  readonly facts: ReadonlyMap<string, string>;
  readonly peaks: { readonly fmaGflops: number | null; readonly readGigabytes: number | null };
  readonly cases: readonly ReadCase[];
}

export interface ReadCase {
  readonly name: string;
  /** What else identifies the work: shape, formats, chip, layout of A. */
  readonly work: string;
  readonly passed: boolean;
  /** Null where they were withheld. */
  readonly gflops: number | null;
  readonly ms: ReadTiming | null;
}

export interface ReadTiming {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly count: number;
}

/** @throws UserError, naming the file and the field, for anything but a benchmark result. */
export function readReport({ name, report }: NamedReport): ReadReport {
  const root = new Field(name, '', report);
  if (root.at('cases').isNull && !root.at('shapes').isNull) {
    throw new UserError(
      `${name} is a comparison with the peers, which says itself who was faster: compare takes what "systole bench --json FILE" writes without --peers.`,
    );
  }
  const cases = root.at('cases').list().map(readCase);
  const names = new Set<string>();
  for (const { name: each } of cases) {
    if (names.has(each)) throw new UserError(`${name} is no benchmark result: it has two cases ${each}.`);
    names.add(each);
  }
  const peaks = root.at('peaks');
  return {
    name,
    started: root.at('started').textOrNull(),
    outcome: root.at('outcome').textOrNull(),
    facts: new Map(FACTS.flatMap((facts) => [...facts(root)])),
    peaks: {
      fmaGflops: peaks.at('fmaGflops').numberOrNull(),
      readGigabytes: peaks.at('readGigabytes').numberOrNull(),
    },
    cases,
  };
}

function readCase(field: Field): ReadCase {
  const passed = field.at('check').at('passed').boolean();
  const gflops = field.at('gflops').numberOrNull();
  const ms = field.at('ms');
  const shape = field.at('shape');
  const dtypes = field.at('dtypes');
  const [m, n, k] = ['m', 'n', 'k'].map((axis) => shape.at(axis).number());
  const formats = ['a', 'b', 'out'].map((each) => dtypes.at(each).text()).join(' ');
  const plan = field.at('plan');
  const chip = plan.at('chip').textOrNull() ?? 'chip not told';
  const layout = plan.at('aLayout').textOrNull() ?? 'row-major';
  if (!passed && gflops !== null) throw field.refusal('a case without a number, because its check failed');
  return {
    name: field.at('name').text(),
    work: `${String(m)}x${String(n)}x${String(k)} ${formats} on ${chip}${layout === 'row-major' ? '' : `, A ${layout}`}`,
    passed,
    gflops,
    ms: ms.isNull ? null : readTiming(ms),
  };
}

function readTiming(field: Field): ReadTiming {
  const spread = field.at('spread');
  return {
    median: field.at('median').number(),
    lowerQuartile: spread.at('lowerQuartile').number(),
    upperQuartile: spread.at('upperQuartile').number(),
    count: field.at('count').number(),
  };
}

type Facts = (report: Field) => Iterable<readonly [string, string]>;

/** The facts at a path, in the order in which a person asks for them. */
const FACTS: readonly Facts[] = [
  plain('systole', 'systole', 'version'),
  plain('revision', 'systole', 'revision'),
  plain('adapter', 'adapter', 'name'),
  plain('kind of adapter', 'adapter', 'kind'),
  plain('vendor', 'adapter', 'vendor'),
  plain('architecture', 'adapter', 'architecture'),
  plain('lanes of a subgroup', 'adapter', 'subgroupSizes'),
  (report) => runtime(report.at('environment')),
  plain('platform', 'environment', 'platform'),
  plain('processor', 'environment', 'cpu'),
  plain('logical processors', 'environment', 'cores'),
  every('package', 'environment', 'packages'),
  plain('subnormals', 'probe', 'subnormals'),
  plain('fuses multiply and add', 'probe', 'fusesMultiplyAdd'),
  plain('reorders sums', 'probe', 'reordersSums'),
  plain('keeps NaN', 'probe', 'keepsNaN'),
  plain('features', 'adapter', 'features'),
  every('limit', 'adapter', 'limits'),
  every('register tile', 'probe', 'tuning'),
  plain('budget in seconds', 'settings', 'budgetSeconds'),
  plain('seed', 'settings', 'seed'),
];

function plain(label: string, ...path: readonly string[]): Facts {
  return (report) => {
    const field = path.reduce((inner, key) => inner.at(key), report);
    return field.isNull ? [] : [[label, field.shown]];
  };
}

function every(label: string, ...path: readonly string[]): Facts {
  return (report) =>
    path
      .reduce((inner, key) => inner.at(key), report)
      .entries()
      .map(([key, field]) => [`${label} ${key}`, field.isNull ? 'none' : field.shown] as const);
}

/** Results from before the browser name Node's version alone. */
function runtime(environment: Field): readonly (readonly [string, string])[] {
  const [told, node] = [environment.at('runtime').textOrNull(), environment.at('node').textOrNull()];
  if (told !== null) return [['runtime', told]];
  return node === null ? [] : [['runtime', `Node ${node}`]];
}

/** A stranger's text may hold what a terminal takes for commands. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}');
}

/** A value somewhere in a file, which knows where it is. */
class Field {
  private readonly file: string;
  private readonly path: string;
  private readonly value: unknown;

  constructor(file: string, path: string, value: unknown) {
    this.file = file;
    this.path = path;
    this.value = typeof value === 'string' ? printable(value) : value;
  }

  get isNull(): boolean {
    return this.value === null || this.value === undefined;
  }

  /** As text, lists with spaces. */
  get shown(): string {
    if (typeof this.value === 'string') return this.value === '' ? 'not told' : this.value;
    return Array.isArray(this.value)
      ? this.value.map(String).join(' ') || 'none'
      : JSON.stringify(this.value);
  }

  /** Null where this has no such field. */
  at(key: string): Field {
    const path = this.path === '' ? key : `${this.path}.${key}`;
    const inside = typeof this.value === 'object' && this.value !== null && Object.hasOwn(this.value, key);
    return new Field(
      this.file,
      path,
      inside ? Object.entries(this.value).find(([name]) => name === key)?.[1] : null,
    );
  }

  entries(): readonly (readonly [string, Field])[] {
    if (typeof this.value !== 'object' || this.value === null) return [];
    return Object.keys(this.value).map((key) => [printable(key), this.at(key)]);
  }

  list(): readonly Field[] {
    if (!Array.isArray(this.value)) throw this.refusal('a list');
    return this.value.map((each, index) => new Field(this.file, `${this.path}[${index}]`, each));
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.refusal('text');
    return this.value;
  }

  /** Everything that is counted or measured here is above 0. */
  number(): number {
    if (typeof this.value !== 'number' || !(this.value > 0 && this.value < Infinity))
      throw this.refusal('a number above 0');
    return this.value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.refusal('true or false');
    return this.value;
  }

  textOrNull(): string | null {
    return this.isNull ? null : this.text();
  }

  numberOrNull(): number | null {
    return this.isNull ? null : this.number();
  }

  refusal(wanted: string): UserError {
    const received =
      this.value === undefined || this.value === null ? 'nothing' : JSON.stringify(this.value).slice(0, 60);
    return new UserError(
      `${this.file} is no benchmark result: ${this.path || 'the file'} must be ${wanted}, received ${received}. ` +
        'Write one with `systole bench --json FILE`.',
    );
  }
}
