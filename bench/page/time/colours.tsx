/** The colours of the picture, as the style sheet has them now: custom properties may say one for light and one for dark, which only a computed style decides. */
import type { ComponentChild } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { TRACKS } from '../../../src/time';
import type { Paint } from './scene';

const GROUNDS = [
  'text',
  'muted',
  'grid',
  'background',
  'surface',
  'accent',
  'bad',
  'selected',
  'tile',
] as const;
const PAINTS = [...TRACKS, 'weights', 'sbuf', 'psum', 'dma'] as const satisfies readonly Paint[];
/** Each is the class `colour-` and its name of an element, whose `color` it is. */
const COLOUR_NAMES = [...GROUNDS, ...PAINTS] as const;

type ColourName = (typeof COLOUR_NAMES)[number];
export type Colours = Readonly<Record<ColourName, string>> & {
  /** What can be read on a paint. */
  readonly on: (paint: Paint) => string;
};

/** The colours, anew when the theme or the screen is another, and the elements that they are read from, which are not seen. */
export function useColours(): { readonly colours: Colours | undefined; readonly probe: ComponentChild } {
  const element = useRef<HTMLSpanElement>(null);
  const [colours, setColours] = useState<Colours | undefined>(undefined);
  useEffect(() => {
    const read = (): void => {
      if (element.current !== null) setColours(coloursOf(element.current));
    };
    const ending = new AbortController();
    const { signal } = ending;
    const observer = new MutationObserver(read);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)'])
      matchMedia(query).addEventListener('change', read, { signal });
    addEventListener('resize', read, { signal }); // to a screen of other pixels
    read();
    return () => {
      ending.abort();
      observer.disconnect();
    };
  }, []);
  const probe = (
    <span ref={element} hidden>
      {COLOUR_NAMES.map((name) => (
        <span key={name} class={`colour-${name}`} />
      ))}
    </span>
  );
  return { colours, probe };
}

function coloursOf(probe: Element): Colours {
  const colours = Object.fromEntries(
    COLOUR_NAMES.map((name) => {
      const element = probe.querySelector(`.colour-${name}`);
      return [name, element === null ? '#888888' : getComputedStyle(element).color];
    }),
  ) as Record<ColourName, string>;
  const on = new Map(
    PAINTS.map((paint) => {
      const light = luminance(colours[paint]);
      const contrast = (name: ColourName): number => ratio(light, luminance(colours[name]));
      return [paint, contrast('text') > contrast('background') ? colours.text : colours.background];
    }),
  );
  return { ...colours, on: (paint) => on.get(paint) ?? colours.text };
}

/** Relative luminance as WCAG 2.2 defines it, of a computed colour. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((channel) => {
    const value = Number(channel) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const ratio = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
