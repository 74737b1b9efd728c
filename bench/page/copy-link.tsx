/** A link to what a form says, copied by a press and shown beside it: a clipboard may be missing or refused. */
import { useState } from 'preact/hooks';
import { UserError } from '../../src/numerics';

interface CopyLinkProps {
  readonly id: string;
  /** "Copy link" when left out. */
  readonly label?: string;
  /** What the link is, for those who do not see it. */
  readonly what: string;
  /** What the form says, whatever it is: once that is another, what was copied is not shown any more. */
  readonly of: unknown;
  /** The fragment of the link, or undefined where the form has no sound one. @throws UserError for what no link holds. */
  readonly write: (() => string | undefined | Promise<string | undefined>) | null;
}

const NONE = { url: '', said: '', of: undefined as unknown };

export function CopyLink({ id, label = 'Copy link', what, of, write }: CopyLinkProps) {
  const [link, setLink] = useState(NONE);
  const copy = async (): Promise<void> => {
    try {
      const fragment = await write?.();
      if (fragment === undefined) {
        setLink(NONE);
        return;
      }
      const url = urlOf(fragment);
      setLink({ url, said: (await copyText(url)) ? 'Copied:' : 'Copy it from here:', of });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      setLink({ url: '', said: error.message, of });
    }
  };
  const { url, said } = link.of === of ? link : NONE;
  return (
    <div class="copy-link">
      <button type="button" id={id} aria-disabled={write === null} onClick={() => void copy()}>
        {label}
      </button>
      <span role="status">{said}</span>
      {url !== '' && <input id={`${id}-text`} type="text" readOnly aria-label={what} value={url} />}
    </div>
  );
}

/** The address bar shows the fragment from then on. */
export function showLink(fragment: string): void {
  history.replaceState(null, '', urlOf(fragment));
}

/** This page with another fragment. */
function urlOf(fragment: string): string {
  const url = new URL(location.href);
  url.hash = fragment;
  return url.href;
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
