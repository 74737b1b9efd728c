/** Time a kernel. Loaded when it is opened, when a link asks for it, or when the kernel editor hands a Program over. */
import { useEffect } from 'preact/hooks';
import { useHash } from './hooks';
import { LazySection } from './lazy-section';
import { isTimeLink } from './link';
import { onHandOver } from './time/hand-over';

const ID = 'time';

export function TimeSection() {
  useHash((hash) => {
    if (isTimeLink(hash)) open();
  });
  useEffect(() => onHandOver(open), []);
  return (
    <LazySection
      id={ID}
      title="Time a kernel"
      summary="What it would take on trn1, trn2 or trn3: a timeline, what limits it, what to try, what it costs"
      hint="A kernel of the library, a product by our plan, or a Program of the editor is simulated event by event. Nothing leaves this machine."
      load={async () => (await import('./time/time-kernel')).TimeKernel}
    />
  );
}

/** Opened by hand or by this, it stays the browser's to close. */
function open(): void {
  const section = document.getElementById(ID);
  const details = section?.querySelector('details');
  if (details) details.open = true;
  section?.scrollIntoView();
}
