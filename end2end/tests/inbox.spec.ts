// What needs somebody, in the top bar of every page.
import type { Api, Run } from '../support/api.ts';
import { fitsAcross, hasNotShifted, isAccessible, watchShifts } from '../support/checks.ts';
import { alive, expect, test } from '../support/fixtures.ts';
import { HALF } from '../support/specs.ts';

const opener = /^Inbox, \d+ needs? you$/;

/** A run that somebody has to look at: it ended without being verified. */
async function needsSomebody(api: Api, name: string): Promise<Run> {
  const run = await api.startsRun(await api.hasProject(name, HALF));
  return api.finished(run.id);
}

test('it opens the runs that home lists, walked by keyboard', async ({ page, home }, info) => {
  const name = `Inbox ${info.project.name}`;
  const waits = await needsSomebody(home.api, name);
  await page.goto('/');
  await alive(page);
  const listed = page.getByRole('table', { name: 'Runs that need you' }).locator('a.open');
  await expect(listed.first()).toBeVisible();
  const needed = await listed.evaluateAll(links => links.map(link => link.getAttribute('href')));

  await watchShifts(page);
  await page.goto('/projects');
  await alive(page);
  await hasNotShifted(page, 'the inbox');
  const button = page.getByRole('button', { name: opener });
  await expect(button).toHaveAccessibleName(new RegExp(`^Inbox, ${needed.length} `));
  await button.focus();
  await page.keyboard.press('Enter');
  const list = page.getByRole('dialog', { name: 'Inbox' });
  const rows = list.locator('.inbox-row');
  await expect(rows).toHaveCount(needed.length);
  expect(await rows.evaluateAll(links => links.map(link => link.getAttribute('href')))).toEqual(needed);
  await expect(rows.first()).toBeFocused();
  const edges = await page.evaluate(() =>
    ['#inbox', '.top > .menu'].map(part => document.querySelector(part)!.getBoundingClientRect().right),
  );
  expect(edges[0]!, 'it ends where the menu does').toBeLessThanOrEqual(edges[1]! + 1);
  await isAccessible(page, 'the open inbox');
  await fitsAcross(page, 'the open inbox');

  await page.keyboard.press('ArrowUp');
  await expect(list.getByRole('link', { name: 'Go to home' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(list).toBeHidden();
  await expect(button).toBeFocused();

  await button.click();
  await list.getByRole('link', { name: `not verified · ${name} · run ${waits.number}` }).click();
  await expect(page).toHaveURL(`/runs/${waits.id}`);
  await expect(list).toBeHidden();
});

test('it counts what happens while one looks', async ({ page, freshHome, complaints }) => {
  // Another server than the one that the browser's login is of.
  complaints.allow(/WebSocket connection .* failed/);
  const { server, state, api } = freshHome;
  await page.context().clearCookies();
  await page.context().addCookies(state.cookies ?? []);
  await page.goto(`${server.url}/templates`);
  await alive(page);
  const button = page.getByRole('button', { name: opener });
  await expect(button).toHaveAccessibleName('Inbox, 0 need you');
  const before = await button.boundingBox();
  await button.click();
  const list = page.getByRole('dialog', { name: 'Inbox' });
  await expect(list.getByRole('status')).toHaveText('Nothing waits for you.');
  await page.keyboard.press('Escape');

  await needsSomebody(api, 'Half done');
  await expect(button).toHaveAccessibleName('Inbox, 1 needs you');
  expect(await button.boundingBox()).toEqual(before);
});

test('when the server does not answer it says so', async ({ page, world, complaints }) => {
  complaints.allow(/Failed to load resource|ERR_FAILED/);
  await page.goto(`/projects/${world.half.id}`);
  await alive(page);
  await page.route('**/ui/home', route => route.abort());
  await page.getByRole('button', { name: opener }).click();

  await expect(page.getByRole('dialog', { name: 'Inbox' }).getByRole('status')).toContainText('could not be loaded');
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('it is a link to home', async ({ page, home }, info) => {
    await needsSomebody(home.api, `Plain inbox ${info.project.name}`);
    await page.goto('/projects');
    await expect(page.getByRole('button', { name: /^Inbox/ })).toBeHidden();
    await page.getByRole('link', { name: 'Inbox', exact: true }).click();
    await expect(page).toHaveURL('/');
    await expect(page.getByRole('table', { name: 'Runs that need you' })).toBeVisible();
  });
});
