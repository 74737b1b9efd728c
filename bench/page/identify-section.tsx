/** Whose numbers are these? Loaded when it is opened. */
import { LazySection } from './lazy-section';

export function IdentifySection() {
  return (
    <LazySection
      id="identify"
      title="Whose numbers are these?"
      summary="Find out how somebody multiplied: give A, B and their product C"
      hint="PyTorch’s, another GPU’s, another version’s: the order of additions, the accumulator and the rounding that explain every element of C, or the first element that nothing explains. The files stay on this machine."
      load={async () => (await import('./identify')).Identify}
    />
  );
}
