/** Light, dark, or as the system has it. `report.css` reads the choice from the root element. */
import { useEffect, useState } from 'preact/hooks';
import type { Keeper } from './storage';

const THEMES = { auto: 'Auto', light: 'Light', dark: 'Dark' } as const;
type Theme = keyof typeof THEMES;

export function ThemeSwitch({ keeper }: { keeper: Keeper }) {
  const [theme, setTheme] = useState<Theme>(() => themeOf(keeper.read('theme')));
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  return (
    <fieldset class="theme">
      <legend>Theme</legend>
      {(Object.keys(THEMES) as Theme[]).map((each) => (
        <label key={each}>
          <input
            type="radio"
            name="theme"
            value={each}
            checked={each === theme}
            onChange={() => {
              setTheme(each);
              keeper.write('theme', each);
            }}
          />
          <span>{THEMES[each]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function themeOf(text: string): Theme {
  return Object.hasOwn(THEMES, text) ? (text as Theme) : 'auto';
}
