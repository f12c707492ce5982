// A second factor: set up, asked for, and taken away, with script and without.
import { type Page } from '@playwright/test';
import { code } from '../support/authenticator.ts';
import { ADMIN, expect, fillLogin, test } from '../support/fixtures.ts';
import { signsOut } from '../support/people.ts';

test.use({ storageState: { cookies: [], origins: [] } });

async function enters(page: Page, typed: string): Promise<void> {
  await page.getByLabel('Code').fill(typed);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with script' : 'without script', () => {
    test.use({ javaScriptEnabled });

    test('an app is set up, asked for at sign-in, and taken away', async ({ page, freshHome, complaints }) => {
      const { server } = freshHome;
      // What is typed wrong here on purpose.
      complaints.allow(/status of 4(00|22)/);
      // A factor that is turned on or off gives the login its other id; a socket that opens in that moment is refused, and opens anew.
      complaints.allow(/HTTP Authentication failed/);
      await page.goto(`${server.url}/login`);
      await fillLogin(page);
      await page.goto(`${server.url}/profile`);
      await page.getByRole('link', { name: 'Set up second factor' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Second factor');

      await page.getByLabel('Name of the app or the phone').fill('My phone');
      const proof = page.getByLabel('Your password, or a code of your second factor');
      await proof.fill('not the password');
      await page.getByRole('button', { name: 'Set up an app' }).click();
      await expect(page.getByRole('alert')).toContainText('neither your password nor a code');
      await proof.fill(ADMIN.password);
      await page.getByRole('button', { name: 'Set up an app' }).click();
      await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
      const secret = (await page.locator('.secret code').textContent())!;

      const digits = page.getByLabel('The six digits that the app shows');
      await digits.fill('12345');
      await page.getByRole('button', { name: 'Turn on' }).click();
      await expect(page.getByRole('alert')).toContainText('does not count');
      await digits.fill(await code(secret));
      await page.getByRole('button', { name: 'Turn on' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Recovery codes');
      const recovery = await page.locator('.recovery-codes code').allTextContents();
      expect(recovery).toHaveLength(10);
      await page.reload();
      await expect(page.getByText('They are shown once')).toBeVisible();

      await signsOut(page, complaints);
      await fillLogin(page);
      await expect(page).toHaveURL(`${server.url}/login/factor`);
      await page.goto(`${server.url}/projects`);
      await expect(page).toHaveURL(/\/login\?next=/);
      await page.goto(`${server.url}/login/factor`);
      await enters(page, '000000');
      await expect(page.getByRole('alert')).toContainText('This code does not count');
      await enters(page, await code(secret, 1));
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');

      await signsOut(page, complaints);
      await fillLogin(page);
      await enters(page, recovery[0]!);
      await page.goto(`${server.url}/profile/factors`);
      await expect(page.getByText('9 of 10 are left')).toBeVisible();
      await page.getByText('Remove…').click();
      const item = page.getByRole('listitem').filter({ hasText: 'My phone' });
      await item.getByLabel('Your password, or a code').fill(ADMIN.password);
      await item.getByRole('button', { name: 'Remove' }).click();
      await expect(page.getByRole('heading', { name: 'Your factors' })).toHaveCount(0);

      await signsOut(page, complaints);
      await fillLogin(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');
    });
  });
}
