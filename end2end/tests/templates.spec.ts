// Templates to begin with.
import { expect, test } from '../support/fixtures.ts';

test('all templates are there, each with a page of its own', async ({ page }) => {
  await page.goto('/templates');
  const links = page.locator('main a.open');
  await expect(links).toHaveCount(13);

  for (const href of await links.evaluateAll(links => links.map(link => link.getAttribute('href')!))) {
    const answer = await page.request.get(href);
    expect(answer.status(), href).toBe(200);
    expect(await answer.text(), href).toContain('Use template');
  }
});

test('a template that is not there is not found', async ({ page, complaints }) => {
  complaints.allow(/status of 404/);
  const answer = await page.goto('/templates/never-made');

  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
});
