// How close rows stand.
import { alive, expect, test } from '../support/fixtures.ts';

test('rows stand closer on every page once it is chosen, and as before when it is taken back', async ({ page, world }) => {
  // Only so that the lists have rows.
  void world;
  const row = page.locator('main table.rows tbody tr').first();
  const height = async () => (await row.boundingBox())!.height;
  const choose = async (name: string) => {
    await page.goto('/profile');
    await alive(page);
    await page.getByRole('group', { name: 'Density' }).getByRole('button', { name, exact: true }).click();
  };

  await page.goto('/runs');
  const before = await height();
  await choose('Compact');
  await page.goto('/runs');
  const close = await height();
  expect(close).toBeLessThan(before);
  await page.goto('/projects');
  await alive(page);
  expect(await height()).toBeLessThan(before);

  await choose('Comfortable');
  await page.goto('/runs');
  expect(await height()).toBe(before);
});

test('what a browser kept that is no density changes nothing', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('loki-density', 'none"][x'));
  await page.goto('/projects');
  await expect(page.locator('html')).not.toHaveAttribute('data-density');
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('nothing is offered that could not be kept', async ({ page }) => {
    await page.goto('/profile');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('You');
    await expect(page.getByRole('group', { name: 'Density' })).toBeHidden();
  });
});
