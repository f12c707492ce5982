// Pages about people, tokens, secrets and logins follow what happens elsewhere, and take nothing from whoever types.
import { ADMIN, alive, expect, fillLogin, test } from '../support/fixtures.ts';
import { hasLooked, overhears } from '../support/overhears.ts';
import { makesPerson } from '../support/people.ts';

test('lists of the admin section follow', async ({ page, home }) => {
  await page.goto('/admin/tokens');
  await alive(page);
  await home.api.post('/api/enterprise/tokens', { name: 'seen-live', role: 'viewer', rate_limit: 321 });
  await expect(page.getByRole('link', { name: 'seen-live' })).toBeVisible();

  await page.goto('/admin/limits');
  await alive(page);
  await home.api.post('/api/enterprise/tokens', { name: 'limited-live', role: 'viewer', rate_limit: 123 });
  await expect(page.getByRole('link', { name: 'limited-live' })).toBeVisible();

  await page.goto('/admin/users?q=seen-live');
  await alive(page);
  await expect(page.getByText('Nobody found')).toBeVisible();
  makesPerson(home.server, 'seen-live@example.org', 'viewer');
  await page.getByRole('link', { name: 'seen-live' }).click();

  await expect(page.getByRole('radio', { name: /Viewer/ })).toBeChecked();
  await alive(page);
  const { users } = await home.api.get<{ users: { id: string }[] }>('/api/v2/users?q=seen-live');
  await home.api.put(`/api/v2/users/${users[0]!.id}`, { switched_off: true });
  await expect(page.getByRole('button', { name: 'Switch on' })).toBeVisible();
});

test('a list is read at once, and once more for all that happens in the half second after', async ({ page, home }) => {
  const hears = await overhears(page);
  let asked = 0;
  page.on('request', request => {
    if (new URL(request.url()).pathname === '/ui/admin_limits') asked++;
  });
  const made = (name: string) => home.api.post('/api/enterprise/tokens', { name, role: 'viewer', rate_limit: 77 });
  await page.clock.install();
  await page.goto('/admin/limits');
  await alive(page);
  // From here on no timer of the page ends by itself.
  await page.clock.pauseAt(Date.now() + 5_000);
  asked = 0;
  await made('paced-first');
  await expect(page.getByRole('link', { name: 'paced-first' })).toBeVisible();

  await made('paced-second');
  await made('paced-third');
  const project = await home.api.hasProject('After the tokens');
  await hears('project_ready', project.id);
  expect(asked).toBe(1);
  await page.clock.runFor(500);
  await expect(page.getByRole('link', { name: 'paced-third' })).toBeVisible();
  await page.clock.runFor(5_000);
  expect(asked).toBe(2);
});

test('a page with secrets follows once nobody types', async ({ page, home }) => {
  const secret = { value: 'a value of some length', uses: ['tests'] };
  await home.api.put('/api/v2/secrets/FIRST_LIVE', secret);
  const hears = await overhears(page);
  const asked: string[] = [];
  page.on('request', request => asked.push(new URL(request.url()).pathname));
  await page.goto('/admin/secrets');
  await alive(page);
  await page.getByLabel('Name', { exact: true }).fill('TYPED');
  asked.length = 0;
  await home.api.put('/api/v2/secrets/SECOND_LIVE', secret);
  // The event is here; what is typed stays, and the list waits.
  const project = await home.api.hasProject('After the secret');
  await hears('project_ready', project.id);
  await hasLooked(page);
  expect(asked).not.toContain('/ui/secrets');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('TYPED');
  await expect(page.getByRole('link', { name: 'SECOND_LIVE' })).toHaveCount(0);

  await page.getByLabel('Name', { exact: true }).fill('');
  await page.getByRole('heading', { level: 1 }).click();
  await expect(page.getByRole('link', { name: 'SECOND_LIVE' })).toBeVisible();

  await page.getByRole('searchbox', { name: 'Search secrets' }).fill('first');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByRole('link', { name: 'SECOND_LIVE' })).toHaveCount(0);
  await page.getByRole('link', { name: 'FIRST_LIVE' }).click();
  await expect(page.getByRole('heading', { name: 'Change a secret' })).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('FIRST_LIVE');
});

test('the page about oneself follows one’s logins', async ({ page, browser, freshHome, complaints }) => {
  // Another server than the one that the browser's login is of.
  complaints.allow(/WebSocket connection .* failed/);
  const { server, state } = freshHome;
  await page.context().clearCookies();
  await page.context().addCookies(state.cookies ?? []);
  await page.goto(`${server.url}/profile`);
  await alive(page);
  const ends = page.locator('form[action="/ui/end_login"] button');
  await expect(ends).toHaveCount(0);

  const elsewhere = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  const there = await elsewhere.newPage();
  await there.goto('/login');
  await fillLogin(there, ADMIN.password);
  await there.waitForURL(`${server.url}/`);
  await expect(ends).toHaveCount(1);
  await elsewhere.close();
});
