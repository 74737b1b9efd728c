/** Write a kernel. Loaded when it is opened, or when a link brings one; it is run only by a press. */
import { useState } from 'preact/hooks';
import { useHash } from './hooks';
import { LazySection } from './lazy-section';
import { isKernelLink } from './link';

export function KernelSection() {
  const [wanted, setWanted] = useState(() => isKernelLink(location.hash));
  useHash((hash) => {
    if (isKernelLink(hash)) setWanted(true);
  });
  return (
    <LazySection
      id="kernel"
      title="Write a kernel"
      summary="A kernel in TypeScript, one of ours or your own: its verdict, its output, its Program"
      hint="The kernel is traced to a Program of the chip’s instructions, verified, and run on random inputs. Its source is evaluated in a sandbox without network, and nothing leaves this machine."
      open={wanted}
      load={async () => (await import('./kernel/write-kernel')).WriteKernel}
    />
  );
}
