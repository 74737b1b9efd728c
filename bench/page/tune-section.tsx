/** Tune for this adapter. Loaded when it is opened. */
import { LazySection } from './lazy-section';

export function TuneSection() {
  return (
    <LazySection
      id="tune"
      title="Tune for this adapter"
      summary="Which kernels are fastest here? Measured once, kept in this browser, to be taken along as a file"
      hint="Each candidate is compiled, held to the reference bit for bit, and only then timed; what is wrong, hangs or does not compile is left out. No bit of any result depends on it."
      load={async () => (await import('./tune')).Tune}
    />
  );
}
