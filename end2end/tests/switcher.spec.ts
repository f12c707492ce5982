// From one project to another by the breadcrumb.
import type { Page } from '@playwright/test';
import { isAccessible } from '../support/checks.ts';
import { alive, expect, test } from '../support/fixtures.ts';

const opener = (page: Page) => page.getByRole('button', { name: 'Switch project' });
const list = (page: Page) => page.getByRole('dialog', { name: 'Switch project' });

test('the breadcrumb of a run opens the other projects, found by their names and walked by keyboard', async ({ page, world }) => {
  await page.goto(`/runs/${world.verified.id}`);
  await alive(page);
  await opener(page).focus();
  await page.keyboard.press('Enter');
  const field = list(page).getByRole('searchbox', { name: 'Find a project' });
  await expect(field).toBeFocused();
  await expect(list(page).getByRole('link', { name: world.greeter.name, exact: true })).toHaveAttribute('aria-current', 'true');
  await isAccessible(page, 'the open list');

  await page.keyboard.type('no such project');
  await expect(list(page).getByRole('status')).toHaveText('No project has these words in its name.');
  await field.fill(world.half.name.toUpperCase());
  const found = list(page).getByRole('link', { name: world.half.name, exact: true });
  await expect(found).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await expect(found).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/projects/${world.half.id}`);
  await expect(list(page)).toBeHidden();
});

test('Escape closes it and gives the focus back, Enter goes to the first that is found', async ({ page, world }) => {
  await page.goto(`/projects/${world.half.id}`);
  await alive(page);
  await opener(page).click();
  await expect(list(page).getByRole('link', { name: 'All projects' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(list(page)).toBeHidden();
  await expect(opener(page)).toBeFocused();

  await opener(page).click();
  await expect(list(page).getByRole('link', { name: world.greeter.name, exact: true })).toBeVisible();
  await page.keyboard.type(world.greeter.name);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/projects/${world.greeter.id}`);
});

test('when the server does not answer it says so', async ({ page, world, complaints }) => {
  complaints.allow(/Failed to load resource|ERR_FAILED/);
  await page.goto(`/projects/${world.half.id}`);
  await alive(page);
  await page.route('**/ui/projects?*', route => route.abort());
  await opener(page).click();

  await expect(list(page).getByRole('status')).toContainText('could not be loaded');
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('the step is a plain link', async ({ page, world }) => {
    await page.goto(`/runs/${world.verified.id}`);
    await expect(opener(page)).toBeHidden();
    await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: world.greeter.name }).click();
    await expect(page).toHaveURL(`/projects/${world.greeter.id}`);
  });
});
