// Links that somebody gets who is not signed in: taken up to the end, with script and without, and worth nothing afterwards.
import type { Page } from '@playwright/test';
import { fitsAcross, isAccessible } from '../support/checks.ts';
import { ADMIN, type Home, alive, expect, test } from '../support/fixtures.ts';
import { makesPerson, setsUp } from '../support/people.ts';
import { Server } from '../support/server.ts';

test.use({ storageState: { cookies: [], origins: [] } });

/** A team, and the link of an invitation into it. */
async function invites(home: Home, name: string): Promise<{ team: string; link: string }> {
  const team = await home.api.post<{ id: string }>('/api/v2/teams', { name });
  const invitation = { team_id: team.id, team_role: 'operator' };
  const { link } = await home.api.post<{ link: string }>('/api/v2/invitations', invitation);
  return { team: team.id, link };
}

async function isSound(page: Page, what: string): Promise<void> {
  await fitsAcross(page, what);
  await isAccessible(page, what);
}

async function isWorthNothing(page: Page, link: string): Promise<void> {
  await page.context().clearCookies();
  expect((await page.goto(link))?.status()).toBe(401);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link is not valid');
  await isSound(page, 'a used link');
  await page.getByRole('link', { name: 'Go to sign in' }).click();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
}

for (const javaScriptEnabled of [true, false]) {
  const way = javaScriptEnabled ? 'with script' : 'without script';

  test.describe(way, () => {
    test.use({ javaScriptEnabled });

    test('who is invited makes an account, is in the team, and signs in again', async ({ page, home, complaints }) => {
      // What is typed wrong here on purpose, and the link that was used up.
      complaints.allow(/status of 4(01|22)/);
      // The socket of a page whose login is gone.
      complaints.allow(/WebSocket connection .* failed/);
      const email = `invited.${javaScriptEnabled}@example.org`;
      const { team, link } = await invites(home, `Invited ${way}`);
      await page.goto(link);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Invitation');
      await expect(page.locator('main')).toContainText(`to the team “Invited ${way}”`);

      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Name', { exact: true }).fill('Ivy Invited');
      await page.getByLabel(/^Password/).fill('short');
      await page.getByRole('button', { name: 'Make an account' }).click();
      await expect(page.getByRole('alert')).toContainText('at least 12');
      await expect(page.getByLabel('Email')).toHaveValue(email);
      if (javaScriptEnabled) await isSound(page, 'an invitation that was not filled in well');
      await page.getByLabel(/^Password/).fill(ADMIN.password);
      await page.getByRole('button', { name: 'Make an account' }).click();
      await expect(page).toHaveURL(`${home.server.url}/`);

      await page.goto(`/teams/${team}`);
      await expect(page.getByLabel('Members').getByText(email).first()).toBeVisible();
      if (javaScriptEnabled) {
        await alive(page);
        await isWorthNothing(page, link);
      } else {
        await page.context().clearCookies();
        expect((await page.goto(link))?.status()).toBe(401);
        await page.goto('/login');
      }
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Password').fill(ADMIN.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page).toHaveURL(`${home.server.url}/`);
    });
  });
}

test('who has an account signs in on the way and joins with it', async ({ page, home }) => {
  const email = 'has-one@example.org';
  makesPerson(home.server, email, 'viewer');
  const { team, link } = await invites(home, 'Joined');
  await page.goto(link);
  await page.getByRole('link', { name: 'I have an account' }).click();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.locator('main')).toContainText('You are signed in as');
  await page.getByRole('button', { name: 'Join' }).click();
  await expect(page).toHaveURL(`${home.server.url}/`);

  await page.goto(`/teams/${team}`);
  await alive(page);
  await expect(page.getByLabel('Members').getByText(email).first()).toBeVisible();
});

test('who forgot their password is told whom to ask, and chooses another one with the link', async ({ page, home, complaints }) => {
  complaints.allow(/status of 4(01|22)/, /WebSocket connection .* failed/);
  const email = 'forgot@example.org';
  makesPerson(home.server, email, 'viewer');
  await page.goto('/forgot');
  await expect(page.locator('main')).toContainText('Ask an admin for a link');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/login$/);

  const link = home.server.loki(['user', 'reset-link', '--email', email, '--public-url', home.server.url]).trim();
  await page.goto(link);
  await page.getByLabel(/^Password/).fill('short');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByRole('alert')).toContainText('at least 12');
  await page.getByLabel(/^Password/).fill('another long password');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page).toHaveURL(`${home.server.url}/`);
  await alive(page);
  await isWorthNothing(page, link);
});

test('where mail is sent, a forgotten password is asked for with an address', async ({ page, complaints }) => {
  // The socket of the first account's page, whose login is gone.
  complaints.allow(/WebSocket connection .* failed/);
  // Nobody takes mail there: it stays in the queue, and what is shown does not depend on it.
  const server = await Server.start({ LOKI_MAIL_URL: 'smtp://127.0.0.1:9', LOKI_MAIL_FROM: 'loki@example.org' });
  try {
    await setsUp(page, server);
    await page.goto(`${server.url}/login`);
    await page.locator('a[href="/forgot"]').click();
    await isSound(page, 'a forgotten password');
    await page.getByLabel('Email').fill('nobody@example.org');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Look at your mail');
    await isSound(page, 'a forgotten password that was asked for');
  } finally {
    await server.stop();
  }
});
