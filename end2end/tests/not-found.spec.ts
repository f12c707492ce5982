// Addresses that name nothing, and errors.
import type { Page } from '@playwright/test';
import { isAccessible } from '../support/checks.ts';
import { alive, expect, fillLogin, test } from '../support/fixtures.ts';
import { Server } from '../support/server.ts';

const NOTHING = '01936f00-0000-7000-8000-000000000000';

// Colours are compared when they have arrived, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

async function isAccessibleInBoth(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await isAccessible(page, `${what}, ${colorScheme}`);
  }
}

/** An error that is a page: with words, the id of the request and a way back. */
async function isErrorPage(page: Page, title: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(page.locator('main')).toContainText(/Request \S+/);
  await expect(page.getByRole('link', { name: 'Go to home' })).toBeVisible();
  await isAccessibleInBoth(page, title);
}

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
  await isAccessibleInBoth(page, 'a page that could not be read');
});

test("an error of the server's own pages keeps the frame of all pages for who is signed in", async ({ page, complaints }) => {
  complaints.allow(/status of 404/);
  await page.goto('/login/with/nobody');
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
  await isErrorPage(page, 'Not Found');
});

test.describe('outside of the interface', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('a form of another site is refused by a page', async ({ page, complaints }) => {
    complaints.allow(/status of 403/);
    await page.goto('/login');
    await page.route('**/login', route =>
      route.continue({ headers: { ...route.request().headers(), origin: 'https://evil.example' } }),
    );
    await fillLogin(page);

    await isErrorPage(page, 'Forbidden');
  });

  test('a way to sign in that there is not is a page', async ({ page, complaints }) => {
    complaints.allow(/status of 404/);
    await page.goto('/login/with/nobody');
    await isErrorPage(page, 'Not Found');
  });

  test('who tries too often is told by a page', async ({ page, complaints }) => {
    complaints.allow(/status of 4(01|29)/);
    const server = await Server.start({ LOKI_LIMITS: 'sign-in=1,read=off' });
    try {
      await expect(async () => {
        expect((await page.goto(`${server.url}/reset?token=guessed`))?.status()).toBe(429);
      }).toPass();
      await isErrorPage(page, 'Too Many Requests');
    } finally {
      await server.stop();
    }
  });
});
