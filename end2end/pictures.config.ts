// Pictures of every page for people to look at: `npm run pictures` puts them into end2end/pictures/.
import { defineConfig } from '@playwright/test';
import base from './playwright.config.ts';
import { DESKTOP, PHONE } from './support/browser.ts';

export default defineConfig({
  ...base,
  testDir: 'gallery',
  timeout: 180_000,
  projects: [
    { name: 'desktop', use: DESKTOP },
    { name: 'phone', use: PHONE },
  ],
});
