// Signing in with GitHub: by a verified address that is let in, linking from the page about oneself, refusals, signing out.
import type { Page } from '@playwright/test';
import { ADMIN, expect, fillLogin, test as base } from '../support/fixtures.ts';
import { GitHub } from '../support/github.ts';
import { forgetsLogin, whoIs } from '../support/people.ts';
import { NOBODY, type Site, forOneTest } from '../support/providers.ts';

const test = base.extend<{ hub: Site<GitHub> }>({
  hub: async ({ page, complaints }, use) => forOneTest({ page, complaints }, await GitHub.start(), use),
});

test.use(NOBODY);

/** What a person does at GitHub, and where they come back to. */
async function authorizes(page: Page, login: string, loki: string): Promise<void> {
  await page.getByLabel('Username').fill(login);
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.waitForURL(url => url.origin === loki);
}

async function signsIn(page: Page, login: string, loki: string): Promise<void> {
  await page.goto(`${loki}/login?next=%2Fprojects`);
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click();
  await authorizes(page, login, loki);
}

test('a person signs in by a verified address, with the role of their team, and signs out', async ({ page, hub }) => {
  const { provider: github, server } = hub;
  github.has('grace', { name: 'Grace Hopper', organisations: ['acme'] });

  await signsIn(page, 'grace', server.url);
  await expect(page).toHaveURL(`${server.url}/projects`);
  let who = await whoIs(page);
  expect(who).toContain('grace@example.org');
  expect(who).toContain('Viewer · loki');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(`${server.url}/login`);
  await page.goto(`${server.url}/projects`);
  await expect(page).toHaveURL(/\/login\?next=/);

  // In a team now that gives more: the number is the same, and so is the account.
  github.has('grace', { teams: ['acme/platform'] });
  await signsIn(page, 'grace', server.url);
  who = await whoIs(page);
  expect(who).toContain('grace@example.org');
  expect(who).toContain('Operator · loki');
});

test('who has no verified address that is let in stays out', async ({ page, hub, complaints }) => {
  // The refusals.
  complaints.allow(/status of 400/);
  const { provider: github, server } = hub;
  github.has('mallory', {
    emails: [
      { email: 'mallory@elsewhere.example', primary: true, verified: true },
      { email: 'mallory@example.org', primary: false, verified: false },
    ],
  });

  await signsIn(page, 'mallory', server.url);
  await expect(page.getByText('Signing in with GitHub did not work')).toBeVisible();
  await expect(page.getByText('mallory@')).toHaveCount(0);
  await page.goto(`${server.url}/projects`);
  await expect(page).toHaveURL(/\/login\?next=/);

  // Nor does who changed their mind.
  github.has('grace');
  await page.goto(`${server.url}/login`);
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Signing in with GitHub did not work')).toBeVisible();
});

test('an account is linked from the page about oneself', async ({ page, hub, complaints }) => {
  // The refusal.
  complaints.allow(/status of 400/);
  const { provider: github, server } = hub;
  const login = ADMIN.email.split('@')[0]!;
  github.has(login);

  // The address alone opens nothing.
  await signsIn(page, login, server.url);
  await expect(page.getByText('Signing in with GitHub did not work')).toBeVisible();

  await page.goto(`${server.url}/login?next=%2Fprofile`);
  await fillLogin(page);
  await page.waitForURL(`${server.url}/profile`);
  await page.getByRole('link', { name: 'Open ways to sign in' }).click();
  await page.getByRole('button', { name: 'Link GitHub' }).click();
  await authorizes(page, login, server.url);
  await expect(page).toHaveURL(`${server.url}/account/sign-in-methods`);
  await expect(page.getByText(`GitHub as ${ADMIN.email}`)).toBeVisible();

  await forgetsLogin(page);
  await signsIn(page, login, server.url);
  const who = await whoIs(page);
  expect(who).toContain(ADMIN.email);
  expect(who).toContain('Admin · loki');
});
