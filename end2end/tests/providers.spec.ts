// Signing in with a real OpenID Connect provider: sign-in, change of groups, linking, signing out.
import type { Page } from '@playwright/test';
import { ADMIN, expect, fillLogin, test as base } from '../support/fixtures.ts';
import { Issuer } from '../support/issuer.ts';
import { forgetsLogin, whoIs } from '../support/people.ts';
import { NOBODY, type Site, forOneTest } from '../support/providers.ts';

const test = base.extend<{ corp: Site<Issuer> }>({
  corp: async ({ page, complaints }, use) => {
    // The issuer's pages ask for a font, which nobody needs.
    await page.route('https://fonts.googleapis.com/**', route => route.fulfill({ contentType: 'text/css', body: '' }));
    await forOneTest({ page, complaints }, await Issuer.start(), use);
  },
});

test.use(NOBODY);

/** What a person does at the issuer: says who they are, and consents the first time. */
async function comesBack(page: Page, name: string, loki: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(url => url.origin === loki);
}

/** Leads to the issuer from the page to sign in on, and back. */
async function signsIn(page: Page, name: string, loki: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
  await comesBack(page, name, loki);
}

test('a person signs in, gets the role of their groups, and signs out there too', async ({ page, corp }) => {
  const { provider: issuer, server } = corp;

  await page.goto(`${server.url}/projects`);
  await signsIn(page, 'grace', server.url);
  await expect(page).toHaveURL(`${server.url}/projects`);
  expect(await whoIs(page)).toContain('grace@example.org');
  await expect(page.locator('.menu-items')).toContainText('Viewer · loki');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(url => url.origin === issuer.url);
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await expect(page).toHaveURL(`${server.url}/login`);

  issuer.groups.set('grace', ['developers']);
  await signsIn(page, 'grace', server.url);
  expect(await whoIs(page)).toContain('Operator · loki');
});

test('signing out at the issuer ends the login here, and no other', async ({ page, browser, corp }) => {
  const { provider: issuer, server } = corp;
  await page.goto(`${server.url}/projects`);
  await signsIn(page, 'grace', server.url);
  // The same person on another machine, in a session of its own there.
  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.route('https://fonts.googleapis.com/**', route => route.fulfill({ contentType: 'text/css', body: '' }));
  await elsewhere.goto(`${server.url}/projects`);
  await signsIn(elsewhere, 'grace', server.url);

  await page.goto(`${issuer.url}/session/end`);
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await expect(page.getByText('Sign-out Success')).toBeVisible();

  await page.goto(`${server.url}/projects`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await elsewhere.reload();
  await expect(elsewhere).toHaveURL(`${server.url}/projects`);
  await elsewhere.context().close();
});

test('an account is linked by its owner, and by nobody else', async ({ page, corp, complaints }) => {
  // The refusal.
  complaints.allow(/status of 400/);
  const { server } = corp;

  // The issuer knows somebody with the admin's address; that alone opens nothing.
  await page.goto(`${server.url}/login`);
  const form = await page.getByRole('button', { name: 'Sign in' }).boundingBox();
  const way = await page.getByRole('link', { name: 'Sign in with Example Corp' }).boundingBox();
  expect([way!.x, way!.width]).toEqual([form!.x, form!.width]);
  await signsIn(page, ADMIN.email.split('@')[0]!, server.url);
  await expect(page.getByText('did not work')).toBeVisible();

  await page.goto(`${server.url}/login`);
  await fillLogin(page);
  await page.waitForURL(`${server.url}/`);
  await page.goto(`${server.url}/account/sign-in-methods`);
  await page.getByRole('button', { name: 'Link Example Corp' }).click();
  await page.waitForURL(url => url.origin === server.url && url.pathname === '/account/sign-in-methods');
  await expect(page.getByText(`Example Corp as ${ADMIN.email}`)).toBeVisible();

  await forgetsLogin(page);
  await page.goto(`${server.url}/login`);
  await signsIn(page, ADMIN.email.split('@')[0]!, server.url);
  expect(await whoIs(page)).toContain('Admin · loki');
});
