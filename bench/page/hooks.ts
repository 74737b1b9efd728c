/** Hooks that several sections share. */
import { useEffect, useRef } from 'preact/hooks';

/** The value of the last rendering, for what was set up in the first. */
export function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}

/** Tells of the fragment that the page was opened with, `#` and all, and of every one that comes later. */
export function useHash(onHash: (hash: string) => void): void {
  const latest = useLatest(onHash);
  useEffect(() => {
    const tell = (): void => {
      latest.current(location.hash);
    };
    tell();
    window.addEventListener('hashchange', tell);
    return () => {
      window.removeEventListener('hashchange', tell);
    };
  }, []);
}
