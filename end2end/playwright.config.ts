// Tests of the pages in a real browser against the real binary: `npx playwright test`.
import { defineConfig } from '@playwright/test';
import { DESKTOP, PHONE, launchOptions } from './support/browser.ts';

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  workers: 2,
  retries: 1,
  forbidOnly: Boolean(process.env.CI),
  // A busy machine is slow, not wrong; what is wrong fails at its own expectation long before.
  timeout: 180_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    launchOptions,
    locale: 'en-GB',
    timezoneId: 'UTC',
    colorScheme: 'dark',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    video: 'off',
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
  },
  projects: [
    { name: 'desktop', use: DESKTOP, testIgnore: /phone\.spec\.ts/ },
    // Every page and the main job at a phone's size, in two minutes.
    { name: 'phone-layout', use: PHONE, testMatch: /(phone|main-job)\.spec\.ts/ },
    // What has keys or counts bytes is the same at every size.
    { name: 'phone', use: PHONE, testMatch: /(looks|main-job|without-script|theme|inbox|sorting)\.spec\.ts/ },
  ],
});
