// The first visit: a one-time link makes the first account.
import { isAccessible } from '../support/checks.ts';
import { ADMIN, expect, fillSetup, test } from '../support/fixtures.ts';
import { forgetsLogin } from '../support/people.ts';

test.use({ storageState: { cookies: [], origins: [] } });

test('the printed link makes the first account, and only the first', async ({ page, freshServer }) => {
  await page.goto(freshServer.setupLink!);
  await expect(page).toHaveTitle('Set up – loki');
  await fillSetup(page);

  await expect(page).toHaveURL(`${freshServer.url}/`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');

  await forgetsLogin(page);
  await page.goto(freshServer.setupLink!);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('loki is set up');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${freshServer.url}/login`);

  await page.goto(`${freshServer.url}/projects`);
  await expect(page).toHaveURL(`${freshServer.url}/login?next=%2Fprojects`);
});

test('until then every page leads to the set-up', async ({ page, freshServer }) => {
  for (const path of ['/', '/projects', '/runs']) {
    await page.goto(freshServer.url + path);
    await expect(page).toHaveURL(`${freshServer.url}/setup`);
  }
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Open the link that the server printed');
  await expect(page.locator('main')).toContainText('loki setup-link');
  await expect(page.locator('form')).toHaveCount(0);
  await isAccessible(page, 'setup without a link');
});

test('what is wrong with the form is said, and what was typed stays', async ({ page, freshServer, complaints }) => {
  // What is typed wrong here on purpose.
  complaints.allow(/status of 422/);
  await page.goto(`${freshServer.url}/setup?token=made-up`);
  await expect(page.getByRole('alert')).toContainText('This setup link has been used or replaced');
  await expect(page.locator('form')).toHaveCount(0);

  await page.goto(freshServer.setupLink!);
  await page.getByLabel('Name', { exact: true }).fill(ADMIN.name);
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel(/^Password/).fill('short');
  await page.getByRole('button', { name: 'Create admin account' }).click();
  await expect(page.getByRole('alert')).toContainText('it needs at least 12');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(ADMIN.name);
  await expect(page.getByLabel('Email')).toHaveValue(ADMIN.email);
  await expect(page.getByLabel(/^Password/)).toHaveValue('');

  // The link was not used up by what was refused.
  await fillSetup(page);
  await expect(page).toHaveURL(`${freshServer.url}/`);
});

test('words never come from the address', async ({ page, freshServer }) => {
  await page.goto(`${freshServer.setupLink!}&error=%3Cb%3Eevil%3C%2Fb%3E&name=%22%3E%3Cb%3Ebold`);

  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('');
  await expect(page.getByRole('alert')).toHaveCount(0);
});
