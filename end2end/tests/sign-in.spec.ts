// Signing in and out.
import { ADMIN, alive, expect, fillLogin, test } from '../support/fixtures.ts';
import { signsOut } from '../support/people.ts';

test.describe('a stranger', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('signs in and gets the page that was asked for', async ({ page, complaints }) => {
    // What is typed wrong here on purpose.
    complaints.allow(/status of 401/);
    await page.goto('/templates');
    await expect(page).toHaveURL('/login?next=%2Ftemplates');
    await expect(page).toHaveTitle('Sign in – loki');

    await fillLogin(page, 'not the password');
    await expect(page.getByRole('alert')).toHaveText('Email or password is wrong. Check both and try again.');
    await expect(page.getByLabel('Email')).toHaveValue(ADMIN.email);
    // The address that was typed is in no other address.
    await expect(page).toHaveURL('/login');

    await fillLogin(page);
    await expect(page).toHaveURL('/templates');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Templates');
  });

  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example']) {
    test(`is not led to ${next}`, async ({ page }) => {
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await fillLogin(page);
      await expect(page).toHaveURL('/');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');
    });
  }

  test('has a login cookie that scripts and other sites do not get', async ({ page }) => {
    await page.goto('/login');
    await fillLogin(page);
    await page.waitForURL('/');

    const cookies = await page.context().cookies();
    const login = cookies.find(cookie => cookie.name === 'loki_login');
    expect(login).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  });

  test('signs out, and every page asks again', async ({ page, complaints }) => {
    await page.goto('/login');
    await fillLogin(page);
    await page.waitForURL('/');
    await alive(page);
    await signsOut(page, complaints);

    await page.goto('/projects');
    await expect(page).toHaveURL('/login?next=%2Fprojects');
    await page.goBack();
    await page.goto('/');
    await expect(page).toHaveURL(/\/login/);
  });
});

test('who is signed in already is not asked again', async ({ page }) => {
  await page.goto('/login?next=%2Fruns');

  await expect(page).toHaveURL('/runs');
});

test('the menu says who one is', async ({ page }) => {
  await page.goto('/');
  await page.locator('.menu > summary').click();

  await expect(page.locator('.menu-items')).toContainText(ADMIN.email);
  await expect(page.locator('.menu-items')).toContainText('Admin · loki');
});
