// Passkeys in a real browser, with its virtual authenticator: added, used to sign in, and taken away.
import { type CDPSession, type Page } from '@playwright/test';
import { isAccessible } from '../support/checks.ts';
import { ADMIN, alive, expect, fillLogin, test } from '../support/fixtures.ts';
import { signsOut } from '../support/people.ts';

test.use({ storageState: { cookies: [], origins: [] } });

type Device = { cdp: CDPSession; authenticatorId: string };

/** A device with a fingerprint reader, on which a finger always lies. */
async function hasDevice(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}

async function credentials({ cdp, authenticatorId }: Device): Promise<number> {
  return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length;
}

async function adds(page: Page, name: string, proof = ADMIN.password): Promise<void> {
  await page.getByLabel('Name of the device or the key').fill(name);
  await page.locator('#passkey-proof').fill(proof);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
}

test('a passkey is added, signs in, and is taken away', async ({ page, freshHome, complaints }) => {
  // What is typed wrong here on purpose, and what a page still asks while its login ends.
  complaints.allow(/status of 4(00|01|09|22)/);
  // The socket of a page whose login is gone.
  complaints.allow(/WebSocket connection to .* failed: HTTP Authentication failed/);
  const url = freshHome.server.url.replace('127.0.0.1', 'localhost');
  const device = await hasDevice(page);
  await page.goto(`${url}/login`);
  await fillLogin(page);
  await page.goto(`${url}/profile`);
  await alive(page);
  await page.getByRole('link', { name: 'Set up second factor' }).click();
  await adds(page, 'My laptop', 'not the password');
  await expect(page.getByRole('alert')).toContainText('neither your password nor a code');
  expect(await credentials(device)).toBe(0);
  await adds(page, 'My laptop');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Recovery codes');
  const recovery = await page.locator('.recovery-codes code').allTextContents();
  expect(recovery).toHaveLength(10);
  expect(await credentials(device)).toBe(1);

  await page.goto(`${url}/profile/factors`);
  await alive(page);
  await expect(page.getByRole('listitem').filter({ hasText: 'My laptop' })).toContainText('not used yet');
  await isAccessible(page, 'factors');
  await adds(page, 'The same laptop');
  await expect(page.getByRole('alert')).toContainText('on this device already');

  await signsOut(page, complaints);
  await fillLogin(page);
  await expect(page).toHaveURL(`${url}/login/factor`);
  await isAccessible(page, 'second step');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');

  // A finger that is not the right one.
  await signsOut(page, complaints);
  await fillLogin(page);
  await device.cdp.send('WebAuthn.setUserVerified', { authenticatorId: device.authenticatorId, isUserVerified: false });
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('alert')).toContainText('No passkey was given');
  await page.getByLabel('Code').fill(recovery[0]!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');

  await page.goto(`${url}/profile/factors`);
  await alive(page);
  const item = page.getByRole('listitem').filter({ hasText: 'My laptop' });
  await expect(item).toContainText('used');
  await item.getByText('Remove…').click();
  await item.getByLabel('Your password, or a code').fill(ADMIN.password);
  await item.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('heading', { name: 'Your factors' })).toHaveCount(0);
  await signsOut(page, complaints);
  await fillLogin(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');
});

test('at an address without a name the page says where passkeys count', async ({ page, freshHome }) => {
  const { url } = freshHome.server;
  await page.goto(`${url}/login`);
  await fillLogin(page);
  await page.goto(`${url}/profile/factors`);
  await expect(page.getByText(`Passkeys count at ${url.replace('127.0.0.1', 'localhost')} alone`)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add a passkey' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Set up an app' })).toBeVisible();
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('there is no button, and codes work', async ({ browser, page, freshHome }) => {
    const url = freshHome.server.url.replace('127.0.0.1', 'localhost');
    const context = await browser.newContext({ javaScriptEnabled: true });
    const scripted = await context.newPage();
    await hasDevice(scripted);
    await scripted.goto(`${url}/login`);
    await fillLogin(scripted);
    await scripted.goto(`${url}/profile/factors`);
    await alive(scripted);
    await adds(scripted, 'My laptop');
    await expect(scripted.getByRole('heading', { level: 1 })).toHaveText('Recovery codes');
    const recovery = await scripted.locator('.recovery-codes code').allTextContents();
    await context.close();

    await page.goto(`${url}/login`);
    await fillLogin(page);
    await expect(page.getByLabel('Code')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Use a passkey' })).toBeHidden();
    await page.getByLabel('Code').fill(recovery[0]!);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto(`${url}/profile/factors`);
    await expect(page.getByText('Adding one needs JavaScript')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Add a passkey' })).toBeHidden();
  });
});
