/** Check a tiling. Loaded when it is opened. */
import { LazySection } from './lazy-section';

export function TilingSection() {
  return (
    <LazySection
      id="tiling"
      title="Check a tiling"
      summary="Is this way of cutting a matmul right? Our plan, or loops or passes of your own"
      hint="Each product is taken once, SBUF and PSUM suffice, accumulation groups are right, and the Program made from it gives every bit: or the first wrong tile, with the pass that is to blame. Nothing leaves this machine."
      load={async () => (await import('./tiling')).CheckTiling}
    />
  );
}
