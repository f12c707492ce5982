// The rail on the left with its labels and without.
import type { Page } from '@playwright/test';
import { hasNotShifted, watchShifts } from '../support/checks.ts';
import { alive, expect, test } from '../support/fixtures.ts';

const WIDE = { width: 1440, height: 900 };
const fold = (page: Page) => page.getByRole('button', { name: 'Labels of the navigation' });
const width = async (page: Page) => (await page.locator('.rail').boundingBox())!.width;

test('the rail keeps its icons alone over loads and pages, until its labels are wanted again', async ({ page }) => {
  await page.setViewportSize(WIDE);
  await watchShifts(page);
  await page.goto('/projects');
  await alive(page);
  await expect(fold(page)).toHaveAttribute('aria-expanded', 'true');
  const before = await width(page);
  await fold(page).click();
  await expect(fold(page)).toHaveAttribute('aria-expanded', 'false');
  expect(await width(page)).toBeLessThan(before / 2);

  // Also on a page of the server, and from the first paint on.
  for (const path of ['/runs', '/docs']) {
    await page.goto(path);
    await expect(fold(page)).toHaveAttribute('aria-expanded', 'false');
    expect(await width(page), path).toBeLessThan(before / 2);
    // Whoever cannot see the icons still hears what they are.
    await expect(page.getByRole('link', { name: 'Projects', exact: true }).first()).toBeVisible();
    await hasNotShifted(page, path);
  }

  await fold(page).click();
  await expect(fold(page)).toHaveAttribute('aria-expanded', 'true');
  await page.goto('/projects');
  expect(await width(page)).toBe(before);
});

test('teams are a place of the rail, and on a phone one of the menu', async ({ page }) => {
  await page.setViewportSize(WIDE);
  await page.goto('/teams');
  await alive(page);
  const teams = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Teams' });
  await expect(teams).toHaveAttribute('aria-current', 'page');

  await page.setViewportSize({ width: 390, height: 844 });
  await expect(teams).toBeHidden();
  await page.locator('.menu > summary').click();
  await page.locator('.menu').getByRole('link', { name: 'Teams' }).click();
  await expect(page).toHaveURL('/teams');
});

test('it is folded by keyboard', async ({ page }) => {
  await page.setViewportSize(WIDE);
  await page.goto('/projects');
  await alive(page);
  await fold(page).focus();
  await page.keyboard.press('Enter');
  await expect(fold(page)).toHaveAttribute('aria-expanded', 'false');
  await expect(fold(page)).toBeFocused();
});

test('where there is no room for labels nothing is offered, and the bar of a phone keeps them', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('loki-rail', 'small'));
  await page.setViewportSize({ width: 800, height: 900 });
  await page.goto('/projects');
  await expect(fold(page)).toBeHidden();

  await page.setViewportSize({ width: 390, height: 844 });
  await expect(fold(page)).toBeHidden();
  const label = await page.locator('.rail .item span').first().boundingBox();
  expect(label!.width).toBeGreaterThan(10);
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('the rail keeps its labels', async ({ page }) => {
    await page.setViewportSize(WIDE);
    await page.goto('/projects');
    await expect(fold(page)).toBeHidden();
    expect(await width(page)).toBeGreaterThan(100);
  });
});
