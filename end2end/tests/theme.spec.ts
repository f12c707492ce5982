// Dark, light and the system's choice.
import type { Page } from '@playwright/test';
import { alive, expect, test } from '../support/fixtures.ts';

const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

/** How bright the page's ground is, 0 to 1. */
async function brightness(page: Page): Promise<number> {
  const colour = await ground(page);
  const [, lightness] = /oklch\(([\d.]+)/.exec(colour) ?? [];
  expect(lightness, colour).toBeDefined();
  return Number(lightness);
}

test('without a choice the page follows the system, also while it is open', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/projects');
  expect(await brightness(page)).toBeLessThan(0.4);
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await brightness(page)).toBeGreaterThan(0.9);
});

test('a choice stays over loads and pages, and the system’s is taken back', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/projects');
  await alive(page);
  const menu = page.locator('.menu > summary');
  await menu.click();
  await page.getByRole('button', { name: 'Light', exact: true }).click();
  expect(await brightness(page)).toBeGreaterThan(0.9);
  await page.goto('/templates');
  expect(await brightness(page)).toBeGreaterThan(0.9);

  await alive(page);
  await menu.click();
  await page.getByRole('button', { name: 'System', exact: true }).click();
  expect(await brightness(page)).toBeLessThan(0.4);
  await page.reload();
  expect(await brightness(page)).toBeLessThan(0.4);
});

test('it is chosen on pages of the server too', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/docs');
  const menu = page.locator('.menu > summary');
  await menu.click();
  await page.getByRole('button', { name: 'Light', exact: true }).click();
  expect(await brightness(page)).toBeGreaterThan(0.9);
  await page.goto('/projects');
  expect(await brightness(page)).toBeGreaterThan(0.9);

  await page.goto('/docs');
  await menu.click();
  await page.getByRole('button', { name: 'System', exact: true }).click();
  expect(await brightness(page)).toBeLessThan(0.4);
  await page.reload();
  expect(await brightness(page)).toBeLessThan(0.4);
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('a page of the server follows the system and offers no choice', async ({ page }) => {
    await page.goto('/docs');
    await page.locator('.menu > summary').click();
    await expect(page.getByRole('link', { name: 'Account and logins' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Light', exact: true })).toBeHidden();
  });
});

for (const [theme, system] of [['light', 'dark'], ['dark', 'light']] as const) {
  test(`a chosen ${theme} theme on a ${system} system never flashes`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: system });
    await page.addInitScript(theme => {
      localStorage.setItem('loki-theme', theme);
      const seen = new Set<string>();
      (window as unknown as { grounds: Set<string> }).grounds = seen;
      const look = () => {
        if (document.body) seen.add(getComputedStyle(document.body).backgroundColor);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, theme);
    await page.goto('/projects');
    await alive(page);

    const grounds = await page.evaluate(() => [...(window as unknown as { grounds: Set<string> }).grounds]);
    expect(grounds).toHaveLength(1);
    const bright = await brightness(page);
    expect(theme === 'light' ? bright > 0.9 : bright < 0.4).toBe(true);
  });
}
