/** What the numbers were taken on: adapter, runtime, peaks, probe, versions, settings. */
import { TUNED_CLASSES, TUNING_CLASSES, tuningText } from '../../../src/execute/webgpu/tuning';
import { Fact } from './fact';
import { extents, percent, significant } from './format';
import type { ReportView } from './view';

type FactsProps = Omit<ReportView, 'outcome' | 'cases' | 'leftOut'>;

export function Facts(props: FactsProps) {
  const { adapter, environment, settings, systole, started, baseline, first, peaks, probe } = props;
  const packages = Object.entries(environment.packages).filter(([, version]) => version !== null);
  return (
    <dl class="facts">
      <Fact name="adapter">
        {adapter.name} <small>{[adapter.vendor, adapter.architecture].filter(Boolean).join(' ')}</small>
        <small>
          {adapter.kind === 'software' ? 'software, runs on the CPU' : 'GPU'}; {adapter.reason}
        </small>
      </Fact>
      <Fact name="runtime">
        {environment.runtime} <small>on {environment.platform}</small>
      </Fact>
      <Fact name="CPU">
        {environment.cpu ?? 'not told by the browser'} <small>{environment.cores} logical cores</small>
      </Fact>
      <Fact name="measured peak">
        {peaks === null ? (
          'not measured yet'
        ) : (
          <>
            {significant(peaks.fmaGflops)} GFLOP/s <small>multiply-add, {peaks.bestFma}</small>
            <small>
              {significant(peaks.readGigabytes)} GB/s read, {peaks.bestRead}
            </small>
          </>
        )}
      </Fact>
      {probe !== undefined && (
        <Fact name="arithmetic">{probe === null ? 'not probed yet' : <Arithmetic {...probe} />}</Fact>
      )}
      <Fact name="first product">
        {first.check.passed ? 'verified' : <span class="bad">WRONG</span>} after{' '}
        {significant(first.afterMs / 1000)} s{' '}
        <small>
          {first.dtypes}, {extents(first.shape)}
        </small>
      </Fact>
      {baseline && (
        <Fact name="CPU baseline">
          {'missing' in baseline ? (
            `none, ${baseline.missing}`
          ) : (
            <>
              {significant(baseline.gflops)} GFLOP/s{' '}
              <small>
                {baseline.name}, float32, {extents(baseline.shape)}
              </small>
              <small class={baseline.agrees ? undefined : 'bad'}>
                {baseline.agrees ? 'agrees within' : 'DISAGREES beyond'} the float32 bound (worst{' '}
                {percent(baseline.worstShareOfBound)} of it)
              </small>
            </>
          )}
        </Fact>
      )}
      <Fact name="settings">
        {settings.budgetSeconds} s budget, seed {settings.seed}
        {settings.arguments.length > 0 && (
          <code>
            {environment.host === 'node' && 'systole '}
            {settings.arguments.map(quoted).join(' ')}
          </code>
        )}
      </Fact>
      <Fact name="versions">
        systole {systole.version} <small>{systole.revision}</small>
        {packages.map(([name, version]) => (
          <small key={name}>
            {name} {version}
          </small>
        ))}
      </Fact>
      <Fact name="started">
        <time dateTime={started}>{started.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>
      </Fact>
    </dl>
  );
}

/** What the known-answer tests found; what is as in IEEE 754 is not worth a line each. */
function Arithmetic({
  subnormals,
  fusesMultiplyAdd,
  reordersSums,
  keepsNaN,
  nearestEven,
  tunings,
}: NonNullable<ReportView['probe']>) {
  const oddities = [
    fusesMultiplyAdd && 'multiply and add are fused where not prevented',
    reordersSums && 'sums are reordered where not prevented',
    !keepsNaN && 'NaN and infinity get lost',
    !nearestEven && 'not rounded to nearest even',
  ].filter((each) => each !== false);
  return (
    <>
      subnormals {subnormals}
      <small>
        {oddities.length === 0 ? 'neither fused nor reordered, to nearest even' : oddities.join('; ')}
      </small>
      <small>
        kernels:{' '}
        {TUNING_CLASSES.map(
          (name) => `${TUNED_CLASSES[name].words} ${tuningText(tunings[name].tuning)}`,
        ).join('; ')}
      </small>
    </>
  );
}

/** As a shell takes it. */
function quoted(argument: string): string {
  return /^[\w./:=,@+#&%-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
