// The admin section: tokens from their making to their end, the audit trail, the table of roles, and how the server is set up.
import type { Page } from '@playwright/test';
import { type Home, alive, expect, test } from '../support/fixtures.ts';
import { fitsAcross, fitsFingers, hasNotShifted, isAccessible, watchShifts } from '../support/checks.ts';
import { PHONE } from '../support/browser.ts';
import { pageOf } from '../support/people.ts';
import type { Server } from '../support/server.ts';

const PAGES = [
  '/admin',
  '/admin/tokens',
  '/admin/tokens/new',
  '/admin/audit',
  '/admin/audit?outcome=denied&action=create',
  '/admin/audit/1',
  '/admin/audit/verify',
  '/admin/roles',
  '/admin/providers',
  '/admin/limits',
  '/admin/settings',
];

async function statusWith(server: Server, secret: string): Promise<number> {
  return (await fetch(`${server.url}/api/status`, { headers: { authorization: `Bearer ${secret}` } })).status;
}

async function makesToken(page: Page, name: string): Promise<string> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Requests a minute').fill('500');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expect(page).toHaveURL(/\/admin\/tokens\/[0-9a-f-]{36}$/);
  const shown = page.getByRole('region', { name: 'The new token' }).locator('.secret-line code');
  await expect(shown).toHaveText(/^loki_[0-9a-f]+_[0-9a-f]+$/);
  return (await shown.textContent()) ?? '';
}

test('a token is made, shown once, used, replaced and revoked', async ({ page, home, complaints }) => {
  // The refusal.
  complaints.allow(/status of 400/);
  await page.goto('/');
  await alive(page);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Admin' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tokens' }).click();
  await page.getByRole('link', { name: 'New token' }).click();
  await expect(page.getByLabel('Days until it ends')).toHaveValue('90');
  await page.getByLabel('Addresses').fill('everywhere');
  await page.getByLabel('Name', { exact: true }).fill('ci');
  await page.getByRole('button', { name: 'Create token' }).click();
  await expect(page.getByRole('alert')).toContainText('"everywhere" is no address');
  await page.getByLabel('Addresses').fill('');
  const first = await makesToken(page, 'ci');
  expect(page.url()).not.toContain('loki_');
  expect(await statusWith(home.server, first)).toBe(200);

  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('ci');
  await expect(page.locator('.secret-once')).toHaveCount(0);
  await expect(page.locator('main .facts')).toContainText('500 requests a minute');

  await alive(page);
  await page.getByLabel('Description').fill('Builds and tests');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.locator('.page-head')).toContainText('Builds and tests');

  await page.getByRole('button', { name: 'Replace token' }).click();
  await expect(page.locator('.secret-line code')).not.toHaveText(first);
  const second = (await page.locator('.secret-line code').textContent()) ?? '';
  for (const secret of [first, second]) expect(await statusWith(home.server, secret)).toBe(200);

  await page.getByText('Revoke…').click();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await expect(page).toHaveURL('/admin/tokens');
  for (const secret of [first, second]) await expect.poll(() => statusWith(home.server, secret)).toBe(401);
  await page.getByRole('link', { name: 'All', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search tokens' }).fill('ci viewer');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByRole('row', { name: /Revoked.*ci/ })).toHaveCount(2);
});

test('the trail is narrowed down, followed live, read and verified', async ({ page, home }) => {
  await home.api.hasProject('On record');
  await page.goto('/admin/audit');
  await alive(page);
  await page.getByText('Filters', { exact: true }).click();
  await page.getByLabel('Action').selectOption('create');
  await page.getByLabel('Resource type').selectOption('project');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page).toHaveURL(/action=create/);
  await expect(page.getByRole('table', { name: 'Entries' }).getByRole('row', { name: /created project/ }).first()).toBeVisible();
  await expect(page.getByRole('row', { name: /created token/ })).toHaveCount(0);

  await alive(page);
  await home.api.hasProject('Seen live');
  await expect(page.getByRole('table', { name: 'New entries' }).getByRole('row', { name: /created project/ })).toHaveCount(1);
  await expect(page.getByRole('status').filter({ hasText: '1 new entry' })).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('button', { name: 'Follow' })).toBeVisible();

  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export CSV' }).click()]);
  expect(file.suggestedFilename()).toBe('audit.csv');

  await expect(page.getByRole('table', { name: 'New entries' })).toContainText('Seen live');
  await page.getByRole('table', { name: 'New entries' }).getByRole('link', { name: /created project/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/ created project Seen live$/);
  await expect(page.locator('main .facts')).toContainText('Position in the chain');
  await page.getByRole('link', { name: 'Audit', exact: true }).first().click();
  await page.getByRole('link', { name: 'Verify the chain' }).click();
  await expect(page.getByText('Every entry is as it was written.')).toBeVisible();
  await expect(page.locator('main .facts')).toContainText(/[0-9a-f]{64}/);
});

test('a list that cannot be read keeps its heading and its search, and leads to where it begins', async ({ page, complaints }) => {
  // A cursor that is none of the list's.
  complaints.allow(/status of 400/);
  for (const [path, heading] of [
    ['/admin/tokens', 'Tokens'],
    ['/admin/users', 'Users'],
    ['/teams', 'Teams'],
    ['/admin/audit', 'Audit'],
  ] as const) {
    await page.goto(`${path}?q=a&after=zz`);
    await expect(page.getByRole('heading', { level: 1 }), path).toHaveText(heading);
    await expect(page.getByRole('alert'), path).toContainText('This could not be loaded');
    // What narrows the trail down is read with it.
    if (path !== '/admin/audit') await expect(page.getByRole('searchbox'), path).toHaveValue('a');
    await alive(page);
    await page.getByRole('link', { name: 'Show the first page' }).click();
    await expect(page, path).toHaveURL(`${path}?q=a`);
    await expect(page.getByRole('alert'), path).toHaveCount(0);
    await expect(page.getByRole('searchbox'), path).toHaveValue('a');
  }
});

test('roles, providers, limits and settings say what is so', async ({ page }) => {
  await page.goto('/admin/roles');
  const line = page.getByRole('row', { name: /Start runs/ });
  await expect(line.getByRole('cell')).toContainText(['control', 'yes', 'yes', 'no', 'no']);
  await page.goto('/admin/providers');
  await expect(page.getByText('People sign in with passwords alone')).toBeVisible();
  await page.goto('/admin/limits');
  await expect(page.getByRole('table', { name: 'Limits in force' })).toContainText('no limit');
  await page.goto('/admin/settings');
  await expect(page.getByRole('row', { name: /Database/ })).toContainText('SQLite');
});

test('the section is found by keys and in the palette', async ({ page }) => {
  await page.goto('/');
  await alive(page);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Admin');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/admin/users');
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('combobox').fill('audit admin');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/admin/audit');
});

test('for a viewer there is no such section, for an auditor its part', async ({ browser, home, complaints }) => {
  complaints.allow(/status of 404/);
  const viewer = await pageOf(browser, home.server, 'viewer@example.org', 'viewer');
  await alive(viewer);
  await expect(viewer.getByRole('link', { name: 'Admin' })).toHaveCount(0);
  for (const path of PAGES) {
    const answer = await viewer.goto(path);
    expect(answer?.status(), path).toBe(404);
    await expect(viewer.getByRole('heading', { level: 1 })).toHaveText('Not found');
  }
  const auditor = await pageOf(browser, home.server, 'auditor@example.org', 'auditor');
  await auditor.goto('/admin');
  await expect(auditor.locator('main').getByRole('row')).toHaveCount(3);
  expect((await auditor.goto('/admin/tokens'))?.status()).toBe(404);
  await viewer.context().close();
  await auditor.context().close();
});

/** Every page, and that of a token. */
async function pages(home: Home): Promise<string[]> {
  const { keys } = await home.api.get<{ keys: { id: string }[] }>('/api/v2/api-keys');
  return [...PAGES, `/admin/tokens/${keys[0]!.id}`];
}

/** For people to look at. */
async function picture(page: Page, what: string, path: string): Promise<void> {
  const folder = process.env.PICTURES;
  const name = path.replace(/[0-9a-f-]{36}/, 'one').replaceAll(/[^a-z0-9]+/g, '-');
  if (folder) await page.screenshot({ path: `${folder}/${what}${name}.png`, fullPage: true });
}

test('a new token is shown on an accessible page', async ({ page }) => {
  await page.goto('/admin/tokens/new');
  await alive(page);
  await page.getByRole('radio', { name: /Single scopes/ }).check();
  await page.getByRole('checkbox', { name: /^read/ }).check();
  await isAccessible(page, 'scopes');
  await picture(page, 'dark-1440', '-scopes');
  await makesToken(page, 'nightly');
  await isAccessible(page, 'a new token');
  await picture(page, 'dark-1440', '-new-token');
});

for (const scheme of ['dark', 'light'] as const) {
  test(`every page is accessible and nothing moves, ${scheme}`, async ({ page, home }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await watchShifts(page);
    for (const path of await pages(home)) {
      await page.goto(path);
      await alive(page);
      await isAccessible(page, path);
      await hasNotShifted(page, path);
      await picture(page, `${scheme}-1440`, path);
    }
  });
}

test('what a row is called can be read at every width', async ({ page }) => {
  for (const width of [1024, 768, 390]) {
    await page.setViewportSize({ width, height: 800 });
    for (const path of ['/admin/tokens', '/admin/audit', '/admin/limits', '/admin/settings', '/runs']) {
      await page.goto(path);
      await fitsAcross(page, `${path} at ${width}`);
      for (const cell of await page.locator('main table.rows td.main').all()) {
        expect((await cell.boundingBox())?.width, `${path} at ${width}`).toBeGreaterThan(120);
      }
    }
  }
});

test.describe('on a phone', () => {
  test.use(PHONE);

  test('every page fits', async ({ page, home }) => {
    for (const path of await pages(home)) {
      await page.goto(path);
      await alive(page);
      await fitsAcross(page, path);
      await fitsFingers(page, path);
      await picture(page, 'dark-390', path);
    }
  });
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('a token is made and revoked, and the trail is read', async ({ page, home }) => {
    await page.goto('/admin/tokens/new');
    const secret = await makesToken(page, 'plain');
    expect(await statusWith(home.server, secret)).toBe(200);
    await page.getByText('Revoke…').click();
    await page.getByRole('button', { name: 'Revoke token' }).click();
    await expect(page).toHaveURL('/admin/tokens');
    expect(await statusWith(home.server, secret)).toBe(401);

    await page.goto('/admin/audit?action=revoke');
    await page.getByRole('link', { name: /^revoked token plain/i }).first().click();
    await expect(page.locator('main .facts')).toContainText('Ada Admin');
    await expect(page.locator('.needs-script').filter({ visible: true })).toHaveCount(0);
  });
});
