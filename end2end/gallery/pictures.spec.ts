// Pictures of every page in both themes, at the size of the project that takes them.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { alive, expect, fillSetup, test } from '../support/fixtures.ts';
import { PAGES } from '../support/pages.ts';
import { slow } from '../support/specs.ts';

const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), '../pictures');

test.use({ contextOptions: { reducedMotion: 'reduce' } });

/** Takes the page as it is in both themes. */
async function take(page: Page, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const width = page.viewportSize()!.width;
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: path.join(FOLDER, `${name}-${width}-${colorScheme}.png`), fullPage: true, scale: 'css' });
  }
}

test('pages with something on them', async ({ page, world, complaints }) => {
  complaints.allow(/./);
  for (const place of PAGES) {
    if (place.anonymous) continue;
    await page.goto(place.path(world));
    if (await page.locator('.conn').count()) await alive(page);
    await take(page, place.name);
  }
  await page.goto('/gallery');
  await take(page, 'gallery');
});

test('what opens over a page', async ({ page, world, complaints }) => {
  complaints.allow(/./);
  await page.goto(`/projects/${world.greeter.id}`);
  await alive(page);
  await page.getByRole('button', { name: 'Search or run a command' }).click();
  await take(page, 'palette');
  await page.keyboard.press('Escape');
  await page.locator('.menu > summary').click();
  await take(page, 'menu');
  await page.goto('/projects');
  await alive(page);
  await page.keyboard.press('?');
  await take(page, 'keys');
});

test('a form that was refused', async ({ page, complaints }) => {
  complaints.allow(/./);
  await page.goto('/projects/new');
  await alive(page);
  await page.getByLabel('Name', { exact: true }).fill('   ');
  await page.getByRole('button', { name: 'Create project' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await take(page, 'new-project-refused');
});

test('a run that works, waits and ends', async ({ page, home, complaints }) => {
  complaints.allow(/./);
  const project = await home.api.hasProject('Live', slow(10));
  const started = await home.api.startsRun(project, { limits: { cost_usd: 2, minutes: 45 } });
  await page.goto(`/runs/${started.id}`);
  await alive(page);
  await expect(page.locator('.run-center .ln').nth(5)).toBeVisible();
  await take(page, 'run-live');
  await page.goto('/');
  await alive(page);
  await take(page, 'home-running');
  await page.goto(`/runs/${started.id}`);
  await alive(page);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await take(page, 'run-stop-dialog');
  await home.api.control('stop', started);
  await home.api.finished(started.id);
});

test.describe('before there is anything', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('the first visit, and empty pages', async ({ page, freshServer, complaints }) => {
    complaints.allow(/./);
    await page.goto(`${freshServer.url}/setup?error=token&token=x`);
    await take(page, 'setup-refused');
    await page.goto(freshServer.setupLink!);
    await take(page, 'setup');
    await fillSetup(page);
    await alive(page);
    await take(page, 'home-empty');
    for (const name of ['projects', 'runs']) {
      await page.goto(`${freshServer.url}/${name}`);
      await alive(page);
      await take(page, `${name}-empty`);
    }
    await page.context().clearCookies();
    await page.goto(`${freshServer.url}/login`);
    await take(page, 'login');
    await page.goto(`${freshServer.url}/login?error=credentials&email=ada%40example.org`);
    await take(page, 'login-refused');
  });
});
