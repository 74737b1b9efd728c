/** How Playwright starts the Chromium that the suite runs in (vitest.config.ts): started once here to learn what this machine has. */
import type { LaunchOptions } from 'playwright';
import { launchChromium } from '../../bench/browser/chromium';

const { launchOptions, close } = await launchChromium();
await close();

export default launchOptions satisfies LaunchOptions;
