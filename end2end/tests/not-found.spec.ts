// Addresses that name nothing, and errors.
import { alive, expect, fillLogin, test } from '../support/fixtures.ts';

const NOTHING = '01936f00-0000-7000-8000-000000000000';

for (const path of ['/nowhere', '/projects/no-id', `/projects/${NOTHING}`, '/runs/no-id', `/runs/${NOTHING}`]) {
  test(`${path} is a page that says so, with status 404`, async ({ page, complaints }) => {
    complaints.allow(/status of 404/);
    const answer = await page.goto(path);

    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
    await alive(page);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not found');
    await page.getByRole('link', { name: 'Go to home' }).click();
    await expect(page).toHaveURL('/');
  });
}

test('what is not there in the API is no page', async ({ page }) => {
  const answer = await page.request.get('/api/nowhere');

  expect(answer.status()).toBe(404);
  expect(await answer.json()).toMatchObject({ detail: expect.any(String), request_id: expect.any(String) });
});

test('what could not be read says so with the id of the request, and the rest of the page stays', async ({ page, complaints }) => {
  complaints.allow(/status of 500/);
  await page.goto('/');
  await alive(page);
  const error = { detail: 'The database did not answer. Try again.', request_id: 'made-for-this-test', status: 500 };
  await page.route(/\/ui\/projects/, route => route.fulfill({ status: 500, json: error, headers: { serverfnerror: '/ui/projects' } }));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Projects' }).click();

  await expect(page.getByRole('alert')).toContainText('This could not be loaded');
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
});

test.describe('outside of the interface', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('an error is a page with words, the id of the request and a way back', async ({ page, complaints }) => {
    complaints.allow(/status of 403/);
    await page.goto('/login');
    await page.route('**/login', route =>
      route.continue({ headers: { ...route.request().headers(), origin: 'https://evil.example' } }),
    );
    await fillLogin(page);

    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Forbidden');
    await expect(page.locator('main')).toContainText(/Request \S+/);
    await expect(page.getByRole('link', { name: 'Go to home' })).toBeVisible();
  });
});
