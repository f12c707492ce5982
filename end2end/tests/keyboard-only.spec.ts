// The main job, and what is made and ended beside it, with the keyboard alone.
import type { Locator, Page } from '@playwright/test';
import { ADMIN, alive, expect, fillLogin, test } from '../support/fixtures.ts';
import { RunPage } from '../support/run-page.ts';

/** Presses Tab until the focus is where it should be; everything passed on the way must show that it has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate(element => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
    const hidden = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const style = getComputedStyle(element);
      const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      const box = element.getBoundingClientRect();
      const inView = box.bottom > 0 && box.top < innerHeight && box.width > 0;
      return shown && inView ? undefined : `${element.outerHTML.slice(0, 160)} has no visible focus (${style.outline})`;
    });
    expect(hidden).toBeUndefined();
  }
  throw new Error(`the Tab key does not reach ${target}`);
}

test('a project is made and a run watched without a mouse', async ({ page }) => {
  await page.goto('/projects');
  await alive(page);

  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#content')).toBeFocused();

  await tabTo(page, page.getByRole('link', { name: 'New project' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/projects/new');
  await tabTo(page, page.getByLabel('Name', { exact: true }));
  await page.keyboard.type('Keyboard');
  const source = page.getByRole('radio', { name: /^Spec/ });
  await tabTo(page, source);
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: /^One-line brief/ })).toBeChecked();
  await tabTo(page, page.getByLabel('Brief', { exact: true }));
  await page.keyboard.type('`hi NAME` prints `Hi, NAME`');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Keyboard');

  const start = page.getByRole('button', { name: 'Start run' });
  await expect(start).toBeVisible();
  await tabTo(page, start);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/runs\//);
  const run = new RunPage(page);
  await run.is(/^verified$/i, 45_000);

  await tabTo(page, run.tab('Receipt'));
  await page.keyboard.press('Enter');
  await expect(run.tab('Receipt')).toHaveAttribute('aria-current', 'page');
  await expect(run.panel).toContainText('loki receipt verify');
});

test('a token is made and revoked, and a login ended, without a mouse', async ({ page, browser, home }) => {
  // Who signed in just now is not asked for a proof.
  await page.context().clearCookies();
  await page.goto('/login');
  await page.getByLabel('Email').focus();
  await page.keyboard.type(ADMIN.email);
  await tabTo(page, page.getByLabel('Password'));
  await page.keyboard.type(ADMIN.password);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${home.server.url}/`);

  await page.goto('/admin/tokens');
  await alive(page);
  await tabTo(page, page.getByRole('link', { name: 'New token' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/admin/tokens/new');
  await tabTo(page, page.getByLabel('Name', { exact: true }));
  await page.keyboard.type('typed');
  await tabTo(page, page.getByRole('button', { name: 'Create token' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/admin\/tokens\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('typed');

  await tabTo(page, page.locator('summary', { hasText: 'Revoke…' }));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: 'Revoke token' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/admin/tokens');
  await expect(page.getByRole('link', { name: 'typed', exact: true })).toHaveCount(0);

  const userAgent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const elsewhere = await browser.newContext({ baseURL: home.server.url, storageState: { cookies: [], origins: [] }, userAgent });
  const there = await elsewhere.newPage();
  await there.goto('/login');
  await fillLogin(there);
  await there.waitForURL(`${home.server.url}/`);
  await there.goto('about:blank');
  await page.goto('/profile');
  await alive(page);
  const ends = page.getByRole('button', { name: 'Sign out Firefox on Windows' });
  await tabTo(page, ends);
  await page.keyboard.press('Enter');
  await expect(ends).toHaveCount(0);
  await there.goto('/profile');
  await expect(there).toHaveURL(`${home.server.url}/login?next=%2Fprofile`);
  await elsewhere.close();
});
