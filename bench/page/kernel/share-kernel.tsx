/** A link that holds the kernel and what it is run with. Whoever opens it sees the source, and nothing runs. */
import { useState } from 'preact/hooks';
import { UserError } from '../../../src/numerics';
import { copyText } from '../share';
import { writeKernelLink } from './link';
import type { KernelSettings } from './settings';

interface ShareKernelProps {
  /** What the form says now; undefined where that is not yet anything. */
  readonly settings: () => KernelSettings | undefined;
}

const NONE = { url: '', said: '' };

export function ShareKernel({ settings }: ShareKernelProps) {
  const [link, setLink] = useState(NONE);
  const copy = async (): Promise<void> => {
    const read = settings();
    if (read === undefined) {
      setLink(NONE);
      return;
    }
    try {
      const url = new URL(location.href);
      url.hash = await writeKernelLink(read);
      setLink({ url: url.href, said: (await copyText(url.href)) ? 'Copied:' : 'Copy it from here:' });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      setLink({ url: '', said: error.message });
    }
  };
  return (
    <div class="copy-link">
      <button type="button" id="kernel-copy-link" onClick={() => void copy()}>
        Copy link
      </button>
      <span role="status">{link.said}</span>
      {link.url !== '' && (
        <input
          id="kernel-copy-link-text"
          type="text"
          readOnly
          aria-label="Link with this kernel"
          value={link.url}
        />
      )}
    </div>
  );
}
