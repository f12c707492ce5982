// What somebody may do changes while their page is open: its controls change with it, without a reload.
import type { Browser } from '@playwright/test';
import { type Home, alive, expect, test } from '../support/fixtures.ts';
import { pageOf } from '../support/people.ts';
import { Complaints } from '../support/console.ts';
import { GREET } from '../support/specs.ts';

type User = { id: string; email: string };

async function idOf(home: Home, email: string): Promise<string> {
  const { users } = await home.api.get<{ users: User[] }>(`/api/v2/users?q=${email}`);
  return users[0]!.id;
}

/** Somebody in a browser of their own, and what it complains about. */
async function somebody(browser: Browser, home: Home, name: string, role: 'viewer' | 'operator') {
  const email = `${name}@example.org`;
  const page = await pageOf(browser, home.server, email, role);
  const complaints = await Complaints.of(page.context());
  complaints.hear(page);
  return { page, email, id: await idOf(home, email), complaints };
}

test('another role in the installation changes an open page', async ({ page: admins, browser, home }) => {
  await home.api.hasProject('Of the installation');
  const vera = await somebody(browser, home, 'vera', 'viewer');
  await vera.page.goto('/projects');
  await alive(vera.page);
  const main = vera.page.getByRole('navigation', { name: 'Main' });
  const make = vera.page.getByRole('link', { name: 'New project' });
  await expect(make).toHaveCount(0);
  await expect(main.getByRole('link', { name: 'Admin' })).toHaveCount(0);

  await admins.goto(`/admin/users/${vera.id}`);
  await alive(admins);
  await admins.getByRole('radio', { name: /Admin/ }).check();
  await admins.getByRole('button', { name: 'Change role' }).click();
  await expect(make.first()).toBeVisible();
  await expect(main.getByRole('link', { name: 'Admin' })).toBeVisible();
  await alive(vera.page);

  // A form gives the login its other id; the page stays live with it.
  await make.first().click();
  await vera.page.getByLabel('Name', { exact: true }).fill('Made by Vera');
  await vera.page.getByRole('radio', { name: /^Spec/ }).check();
  await vera.page.getByLabel('Spec', { exact: true }).fill(GREET);
  await vera.page.getByRole('button', { name: 'Create project' }).click();
  await expect(vera.page.getByRole('heading', { level: 1 })).toHaveText('Made by Vera');
  await home.api.hasProject('Another');
  await vera.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Projects' }).click();
  await alive(vera.page);
  await home.api.hasProject('Seen live by Vera');
  await expect(vera.page.getByRole('link', { name: 'Seen live by Vera' })).toBeVisible();

  // What was given is taken back in the same page.
  await admins.goto(`/admin/users/${vera.id}`);
  await alive(admins);
  await admins.getByRole('radio', { name: /Viewer/ }).check();
  await admins.getByRole('button', { name: 'Change role' }).click();
  await expect(make).toHaveCount(0);
  await expect(main.getByRole('link', { name: 'Admin' })).toHaveCount(0);
  await alive(vera.page);
  await vera.page.context().close();
});

test('another role in a team, or of a share, changes an open page', async ({ browser, home }) => {
  const grace = await somebody(browser, home, 'grace', 'viewer');
  // Opening the next page gives the login its other id; what was asked a moment before comes with the one of before.
  grace.complaints.allow(/status of 401/);
  const team = await home.api.post<{ id: string }>('/api/v2/teams', { name: 'Live team' });
  await home.api.post(`/api/v2/teams/${team.id}/members`, { email: grace.email, role: 'viewer' });
  const owned = await home.api.hasProject('Of the team', undefined, { owner: { kind: 'team', id: team.id } });
  await grace.page.goto(`/projects/${owned.id}`);
  await alive(grace.page);
  const start = grace.page.getByRole('button', { name: 'Start run' });
  await expect(start).toHaveCount(0);
  const role = (name: string) => home.api.put(`/api/v2/teams/${team.id}/members/${grace.id}`, { role: name });
  await role('operator');
  await expect(start).toBeVisible();
  await role('viewer');
  await expect(start).toHaveCount(0);

  const admin = await home.api.post<{ id: string }>('/api/v2/teams', { name: 'Owning team' });
  const shared = await home.api.hasProject('Shared', undefined, { owner: { kind: 'team', id: admin.id } });
  await home.api.post(`/api/v2/projects/${shared.id}/shares`, { email: grace.email, role: 'viewer' });
  await grace.page.goto(`/projects/${shared.id}`);
  await alive(grace.page);
  await expect(start).toHaveCount(0);
  const share = await home.api.post<{ id: string }>(`/api/v2/projects/${shared.id}/shares`, { email: grace.email, role: 'operator' });
  await expect(start).toBeVisible();
  // What is not theirs any more is not there any more.
  grace.complaints.allow(/status of 404/);
  await home.api.remove(`/api/v2/projects/${shared.id}/shares/${share.id}`);
  await expect(grace.page.getByRole('heading', { level: 1 })).toHaveText('Not found');
  await alive(grace.page);
  expect(grace.complaints.all(), 'the console stays silent').toEqual([]);
  await grace.page.context().close();
});

test('the page of a run follows too', async ({ browser, home, world }) => {
  const walt = await somebody(browser, home, 'walt', 'viewer');
  await walt.page.goto(`/runs/${world.verified.id}`);
  await alive(walt.page);
  const again = walt.page.getByRole('button', { name: 'Replay' });
  await expect(again).toHaveCount(0);
  await home.api.put(`/api/v2/users/${walt.id}`, { role: 'operator' });
  await expect(again).toBeVisible();
  await walt.page.context().close();
});
