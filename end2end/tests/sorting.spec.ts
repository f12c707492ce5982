// Tables are sorted by links in their headings, everywhere in the same way.
import type { Page } from '@playwright/test';
import { PHONE } from '../support/browser.ts';
import { fitsAcross } from '../support/checks.ts';
import { alive, expect, test } from '../support/fixtures.ts';
import { makesPerson } from '../support/people.ts';

const heading = (page: Page, name: string) => page.locator('main').getByRole('columnheader', { name, exact: true });

/** What the rows say in a column, as it is compared. */
const texts = async (page: Page, cell: string) =>
  (await page.locator(`main tbody ${cell}`).allTextContents()).map(text => text.trim().toLowerCase());

/** Sorts by a column: up, then down, then as it was. What else the address asks for stays in it. */
async function sorts(page: Page, { path, title, name, cell }: { path: string; title: string; name: string; cell: string }) {
  const asked = (sort: string) => new RegExp(`[?&]sort=${sort}$`);
  await page.goto(path);
  const before = await texts(page, cell);
  await heading(page, title).getByRole('link').click();
  await expect(page, path).toHaveURL(asked(name));
  await page.waitForLoadState();
  await expect(heading(page, title), path).toHaveAttribute('aria-sort', 'ascending');
  const up = await texts(page, cell);
  expect(up.length, path).toBeGreaterThan(1);
  expect(up, path).toEqual([...up].sort());

  await heading(page, title).getByRole('link').click();
  await expect(page, path).toHaveURL(asked(`-${name}`));
  await page.waitForLoadState();
  await expect(heading(page, title), path).toHaveAttribute('aria-sort', 'descending');
  expect(await texts(page, cell), path).toEqual([...up].reverse());

  await heading(page, title).getByRole('link').click();
  await expect(page, path).toHaveURL(path);
  await page.waitForLoadState();
  await expect(heading(page, title), path).not.toHaveAttribute('aria-sort');
  expect(await texts(page, cell), path).toEqual(before);
}

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('every list is sorted by its columns', async ({ page, freshHome }) => {
    const { server, state, api } = freshHome;
    await page.context().clearCookies();
    await page.context().addCookies(state.cookies ?? []);
    for (const name of ['bravo', 'alfa', 'charlie']) {
      await api.post('/api/projects', { name: `${name} project` });
      await api.post('/api/enterprise/tokens', { name: `${name}-token`, role: 'viewer' });
      await api.put(`/api/v2/secrets/${name.toUpperCase()}`, { value: 'a value of some length', uses: ['tests'] });
      makesPerson(server, `${name}@example.org`, 'viewer');
      await api.post('/api/v2/teams', { name: `${name} team` });
    }
    const { teams } = await api.get<{ teams: { id: string }[] }>('/api/v2/teams');
    const team = teams[0]!.id;
    for (const name of ['bravo', 'alfa']) await api.post(`/api/v2/teams/${team}/members`, { email: `${name}@example.org`, role: 'viewer' });

    const lists = [
      { path: '/projects', title: 'Project', name: 'name', cell: 'a.open' },
      { path: '/admin/users?q=example', title: 'Person', name: 'name', cell: 'a.open' },
      { path: '/admin/tokens?q=token&all=1', title: 'Token', name: 'name', cell: 'a.open' },
      { path: '/teams', title: 'Team', name: 'name', cell: 'a.open' },
      { path: `/teams/${team}`, title: 'Person', name: 'name', cell: '.name' },
      { path: '/templates', title: 'Template', name: 'name', cell: 'a.open' },
      { path: '/admin/secrets', title: 'Name', name: 'name', cell: 'td.main a' },
    ];
    for (const list of lists) await sorts(page, { ...list, path: `${server.url}${list.path}` });
  });

  test('the audit trail is turned around', async ({ page, world }) => {
    await page.goto('/admin/audit?resource_type=project');
    const first = page.locator('main tbody a.open').first();
    const newest = await first.getAttribute('href');
    await heading(page, 'When').getByRole('link').press('Enter');
    await expect(page, world.greeter.name).toHaveURL('/admin/audit?resource_type=project&sort=when');
    await expect(heading(page, 'When')).toHaveAttribute('aria-sort', 'ascending');
    expect(await first.getAttribute('href')).not.toBe(newest);
  });

  test('what is looked for stays in its order', async ({ page, world }) => {
    await page.goto('/admin/users?sort=-name');
    const words = page.getByRole('searchbox', { name: 'Search users' });
    await words.fill('example');
    await words.press('Enter');
    await expect(page, world.greeter.name).toHaveURL('/admin/users?sort=-name&q=example');
    await expect(heading(page, 'Person')).toHaveAttribute('aria-sort', 'descending');
  });

  test('a column that is none changes nothing', async ({ page, world }) => {
    await page.goto('/projects?sort=colour');
    await expect(page.getByRole('link', { name: world.greeter.name }).first()).toBeVisible();
    await expect(page.locator('[aria-sort]')).toHaveCount(0);
  });
});

test('a live page is sorted in place, and by keyboard', async ({ page, world }) => {
  await page.goto('/projects');
  await alive(page);
  await expect(page.locator('main').getByRole('link', { name: world.greeter.name, exact: true }).first()).toBeVisible();
  await heading(page, 'Project').getByRole('link').focus();
  await page.keyboard.press('Enter');
  await expect(heading(page, 'Project')).toHaveAttribute('aria-sort', 'ascending');
  const up = await texts(page, 'a.open');
  expect(up).toEqual([...up].sort());
  await expect(page).toHaveURL('/projects?sort=name');
});

test.describe('on a phone', () => {
  test.use(PHONE);

  test('a list is sorted by a finger, also by columns that it leaves out', async ({ page, world }) => {
    await page.goto('/projects');
    await alive(page);
    await expect(page.locator('main').getByRole('link', { name: world.greeter.name, exact: true }).first()).toBeVisible();
    const changed = heading(page, 'Changed').getByRole('link');
    await changed.tap();
    await expect(page).toHaveURL('/projects?sort=changed');
    await expect(heading(page, 'Changed')).toHaveAttribute('aria-sort', 'ascending');
    const box = (await changed.boundingBox())!;
    expect(Math.min(box.width, box.height)).toBeGreaterThan(43.5);
    await fitsAcross(page, 'a sorted list');
  });
});
