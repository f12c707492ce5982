// Teams and sharing: made, filled, invited to, shared and removed in the shell of every page, live, with the keyboard and
// without script.
import type { Browser, Page } from '@playwright/test';
import { ADMIN, type Home, alive, expect, test } from '../support/fixtures.ts';
import { fitsAcross, fitsFingers, hasNotShifted, isAccessible, watchShifts } from '../support/checks.ts';
import { PHONE } from '../support/browser.ts';
import { hasLooked, overhears } from '../support/overhears.ts';
import { makesPerson, pageOf } from '../support/people.ts';

type Team = { id: string; name: string };

/** A team with Grace in it, a project of its own and one that is shared with it. */
async function populated(home: Home, name: string): Promise<{ team: Team; project: string }> {
  const team = await home.api.post<Team>('/api/v2/teams', { name });
  const email = `${name.toLowerCase()}.grace@example.org`;
  makesPerson(home.server, email, 'viewer');
  await home.api.post(`/api/v2/teams/${team.id}/members`, { email, role: 'operator' });
  const project = await home.api.hasProject(`${name} engine`, undefined, { owner: { kind: 'team', id: team.id } });
  await home.api.post(`/api/v2/projects/${project.id}/shares`, { email: 'ada@example.org', role: 'viewer' });
  return { team, project: project.id };
}

async function palette(page: Page, words: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('combobox', { name: 'Search or run a command' }).fill(words);
  await page.keyboard.press('Enter');
}

test('a team is made from the palette, filled, and removed', async ({ page, home, complaints }) => {
  // The page asks for the team once more when it hears that it is gone.
  complaints.allow(/status of 400/, /status of 404/, /status of 409/);
  makesPerson(home.server, 'alan@example.org', 'viewer');
  await page.goto('/');
  await alive(page);
  await palette(page, 'teams');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Teams');
  await page.getByLabel('Name', { exact: true }).fill('Backend');
  await page.getByRole('button', { name: 'Create team' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Backend');

  const email = page.getByLabel('Email of their account');
  await email.fill('nobody@example.org');
  await page.getByRole('button', { name: 'Add member' }).click();
  await expect(page.getByRole('alert')).toContainText('Nobody has an account with nobody@example.org');
  await email.fill('alan@example.org');
  await page.getByRole('button', { name: 'Add member' }).click();
  const row = page.getByRole('row', { name: /alan@example\.org/ });
  await expect(row).toBeVisible();
  await expect(email).toHaveValue('');
  await expect(page.locator('.page-head')).toContainText('2 people');

  await row.getByRole('combobox').selectOption('admin');
  await row.getByRole('button', { name: /Change the role/ }).click();
  await expect(page.locator('.toasts')).toContainText('Role changed');
  await expect(row.getByRole('combobox')).toHaveValue('admin');
  // What was changed is still being read: the row may be drawn anew under the open question.
  await expect(async () => {
    await row.getByText('Remove…').click();
    await row.getByRole('button', { name: /Remove/ }).click({ timeout: 1_000 });
  }).toPass();
  await expect(row).toHaveCount(0);

  await page.getByText('Remove team…').click();
  await page.getByRole('button', { name: 'Remove team' }).click();
  await expect(page).toHaveURL('/teams');
  await expect(page.getByRole('row', { name: /Backend/ })).toHaveCount(0);
});

test('an invitation is shown once, listed and taken back', async ({ page, home }) => {
  const { team } = await populated(home, 'Inviters');
  await page.goto(`/teams/${team.id}`);
  await alive(page);
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = page.getByRole('region', { name: "The invitation's link" }).locator('code');
  await expect(link).toHaveText(/\/invite\?link=[0-9a-f]{64}$/);
  await isAccessible(page, 'a new invitation');
  await page.reload();
  await alive(page);
  await expect(page.locator('.secret-once')).toHaveCount(0);
  const row = page.getByRole('row', { name: /whoever has the link/ });
  await row.getByText('Take back…').click();
  await row.getByRole('button', { name: /Take back/ }).click();
  await expect(row).toHaveCount(0);
});

test('what a row asks once more stands over the page, and goes when it is left', async ({ page, home }) => {
  const { team, project } = await populated(home, 'Askers');
  for (const path of [`/teams/${team.id}`, `/projects/${project}/sharing`]) {
    await page.goto(path);
    await alive(page);
    const row = page.getByRole('row').filter({ hasText: 'Remove…' }).last();
    const summary = row.getByText('Remove…');
    const asked = row.getByRole('button', { name: /Remove/ });
    const heights = () => page.locator('tr').evaluateAll(rows => rows.map(one => one.getBoundingClientRect().height));
    const panel = await page.locator('.panel').filter({ hasText: 'Remove…' }).first().boundingBox();
    const button = await summary.boundingBox();
    expect(button!.x + button!.width, path).toBeLessThanOrEqual(panel!.x + panel!.width - 16);

    const before = await heights();
    await summary.click();
    await expect(asked).toBeInViewport();
    expect(await heights(), path).toEqual(before);
    await isAccessible(page, `${path} asks`);
    await page.keyboard.press('Escape');
    await expect(asked).toBeHidden();
    await expect(summary).toBeFocused();

    await page.keyboard.press('Enter');
    await expect(asked).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(asked).toBeFocused();
    await page.getByRole('heading', { level: 1 }).click();
    await expect(asked).toBeHidden();
  }
});

test('a team with nobody in it says so, and how somebody is added', async ({ page, home }) => {
  // A program is no member of the team that it makes.
  const team = await home.api.post<Team>('/api/v2/teams', { name: 'Deserted' });
  await page.goto(`/teams/${team.id}`);
  await alive(page);
  await expect(page.getByRole('heading', { name: 'Nobody is in this team yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Add member' }).click();
  await expect(page).toHaveURL(/#member-email$/);
});

test('a project is shared, and given to a team that is typed', async ({ page, home }) => {
  const { team } = await populated(home, 'Owners');
  makesPerson(home.server, 'eve@example.org', 'viewer');
  const project = await home.api.hasProject('Given away');
  await page.goto(`/projects/${project.id}`);
  await alive(page);
  const tabs = page.getByRole('navigation', { name: 'Project', exact: true });
  await tabs.getByRole('link', { name: 'Sharing' }).click();
  await expect(tabs.getByRole('link', { name: 'Sharing' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Given away');
  await page.getByLabel('Email').last().fill('eve@example.org');
  await page.getByRole('button', { name: 'Share project' }).click();
  await expect(page.getByRole('row', { name: /eve/ })).toBeVisible();

  await page.getByText('Change owner…').click();
  await page.getByRole('radio', { name: /A team/ }).first().check();
  await page.getByLabel('Name of the team').first().fill('owners');
  await page.getByRole('button', { name: 'Change owner' }).click();
  await expect(page.getByText('It belongs to the team Owners')).toBeVisible();
  const after = await home.api.get<{ owner: { id: string } }>(`/api/projects/${project.id}`);
  expect(after.owner.id).toBe(team.id);
});

test('the list of teams changes without a reload', async ({ page, home }) => {
  await page.goto('/teams');
  await alive(page);
  await home.api.post<Team>('/api/v2/teams', { name: 'Seen live' });
  await expect(page.getByRole('link', { name: 'Seen live' })).toBeVisible();
});

test('the page of a team changes without a reload, but not under the hands of who types', async ({ page, home }) => {
  const { team } = await populated(home, 'Living');
  for (const name of ['first', 'second']) makesPerson(home.server, `${name}@living.example.org`, 'viewer');
  const hears = await overhears(page);
  const asked: string[] = [];
  page.on('request', request => asked.push(new URL(request.url()).pathname));
  await page.goto(`/teams/${team.id}`);
  await alive(page);
  const takenIn = (name: string) =>
    home.api.post(`/api/v2/teams/${team.id}/members`, { email: `${name}@living.example.org`, role: 'viewer' });
  await takenIn('first');
  await expect(page.getByRole('row', { name: /first@living/ })).toBeVisible();

  const typed = page.getByRole('textbox', { name: 'Email of their account' });
  await typed.fill('second@living.example.org');
  asked.length = 0;
  await takenIn('second');
  const project = await home.api.hasProject('Told after it', undefined, { owner: { kind: 'team', id: team.id } });
  await hears('project_ready', project.id);
  await hasLooked(page);
  expect(asked).not.toContain('/ui/team');
  await expect(typed).toHaveValue('second@living.example.org');
  await typed.fill('');
  await page.getByRole('heading', { level: 1 }).click();
  await home.api.put(`/api/v2/teams/${team.id}`, { name: 'Lively' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Lively');
  await expect(page.getByRole('row', { name: /second@living/ })).toBeVisible();
});

test('secrets of a team are set by who may, and seen by name by who is in it', async ({ page, browser, home }) => {
  const { team } = await populated(home, 'Keepers');
  await page.goto(`/teams/${team.id}`);
  await alive(page);
  await page.getByRole('link', { name: 'Secrets' }).click();
  await expect(page.getByText('No secrets yet')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('DATABASE_PASSWORD');
  await page.getByLabel('Value').fill('correct horse battery');
  await page.getByRole('checkbox', { name: 'The agent' }).check();
  await page.getByRole('button', { name: 'Save secret' }).click();
  await expect(page.getByRole('row', { name: /DATABASE_PASSWORD/ })).toContainText('agent');
  await expect(page).toHaveURL(`/teams/${team.id}/secrets`);
  await isAccessible(page, "a team's secrets");

  const viewer = await pageOf(browser, home.server, 'keepers.viewer@example.org', 'viewer');
  await home.api.post(`/api/v2/teams/${team.id}/members`, { email: 'keepers.viewer@example.org', role: 'viewer' });
  await viewer.goto(`/teams/${team.id}/secrets`);
  await expect(viewer.getByRole('row', { name: /DATABASE_PASSWORD/ })).toBeVisible();
  await expect(viewer.getByRole('button', { name: /Save|Remove/ })).toHaveCount(0);
  await viewer.context().close();

  await page.getByRole('button', { name: 'Remove DATABASE_PASSWORD' }).click();
  await expect(page.getByText('No secrets yet')).toBeVisible();
});

test('a team is found and opened with keys alone', async ({ page, home }) => {
  await populated(home, 'Keyed');
  await page.goto('/teams?q=keyed');
  await alive(page);
  await expect(page.getByRole('table', { name: 'Teams' }).getByRole('row')).toHaveCount(2);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Keyed');
  await page.goto('/teams?q=nothing-like-it');
  await expect(page.getByRole('link', { name: 'Show all teams' })).toBeVisible();
});

/** For people to look at. */
async function picture(page: Page, what: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${what}.png`, fullPage: true });
}

async function places(browser: Browser, home: Home): Promise<[string, string, Page?][]> {
  const { team, project } = await populated(home, `Looked${Math.floor(Date.now() % 1e6)}`);
  await home.api.post('/api/v2/invitations', { team_id: team.id, email: 'somebody@example.org' });
  return [
    ['teams', '/teams'],
    ['team', `/teams/${team.id}`],
    ['sharing', `/projects/${project}/sharing`],
  ];
}

for (const scheme of ['dark', 'light'] as const) {
  test(`the pages are accessible and nothing moves, ${scheme}`, async ({ page, browser, home }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await watchShifts(page);
    for (const [name, path] of await places(browser, home)) {
      await page.goto(path);
      await alive(page);
      await isAccessible(page, name);
      await hasNotShifted(page, name);
      await picture(page, `${scheme}-1440-${name}`);
    }
  });
}

test.describe('on a phone', () => {
  test.use(PHONE);

  test('the pages fit', async ({ page, browser, home }) => {
    for (const [name, path] of await places(browser, home)) {
      await page.goto(path);
      await alive(page);
      await page.locator('main details').evaluateAll(all => all.forEach(one => one.setAttribute('open', '')));
      await fitsAcross(page, name);
      await fitsFingers(page, name);
      await picture(page, `dark-390-${name}`);
    }
  });

  test('a row says who, then which role, then what takes it away', async ({ page, home }) => {
    const { team, project } = await populated(home, 'Stacked');
    for (const path of [`/teams/${team.id}`, `/projects/${project}/sharing`]) {
      await page.goto(path);
      await alive(page);
      const row = page.getByRole('row').filter({ hasText: 'Remove…' }).last();
      const parts = [row.locator('.name'), row.getByRole('combobox'), row.getByText('Remove…')];
      const tops = await Promise.all(parts.map(async part => (await part.boundingBox())!.y));
      expect(tops, path).toEqual([...tops].sort((one, other) => one - other));
      const change = (await row.getByRole('button', { name: /Change the role/ }).boundingBox())!;
      expect(change.width, path).toBeLessThan(PHONE.viewport.width / 2);
      expect(Math.abs(change.y - tops[1]!), path).toBeLessThan(2);

      await row.getByText('Remove…').click();
      await expect(row.getByRole('button', { name: /^Remove/ })).toBeInViewport({ ratio: 1 });
    }
  });

  test('what is said of a team or a person stands in one line below the name', async ({ page, home }) => {
    await populated(home, 'Lined');
    for (const [path, label] of [['/teams', 'Teams'], ['/admin/users', 'Users']] as const) {
      await page.goto(path);
      await alive(page);
      const cells = page.locator(`table[aria-label="${label}"] tbody tr`).first().locator('td:visible');
      const boxes = await cells.evaluateAll(all => all.map(cell => cell.getBoundingClientRect().toJSON() as DOMRect));
      const [name, ...said] = boxes.map(({ x, y, height }) => ({ x, bottom: y + height, middle: y + height / 2 }));
      expect(said.length, path).toBeGreaterThan(1);
      for (const one of said) expect(one.middle, path).toBeGreaterThan(name!.bottom);
      for (const one of said) expect(Math.abs(one.middle - said[0]!.middle), path).toBeLessThan(1);
      expect(said[0]!.x, path).toBeCloseTo(name!.x, 0);
    }
  });

  test('the name of a secret has the width of the page', async ({ page, browser, home }) => {
    const { team } = await populated(home, 'Wordy');
    const name = 'A_LONG_NAME_OF_A_VARIABLE';
    await home.api.put(`/api/v2/teams/${team.id}/secrets/${name}`, { value: 'correct horse battery', uses: ['agent'] });
    const viewer = await pageOf(browser, home.server, 'wordy.viewer@example.org', 'viewer', PHONE);
    await home.api.post(`/api/v2/teams/${team.id}/members`, { email: 'wordy.viewer@example.org', role: 'viewer' });
    for (const seen of [page, viewer]) {
      await seen.goto(`/teams/${team.id}/secrets`);
      await alive(seen);
      const top = (await seen.locator('.mono', { hasText: name }).boundingBox())!;
      const below = (await seen.getByRole('cell', { name: 'agent', exact: true }).boundingBox())!;
      expect(top.height).toBeLessThan(30);
      expect(below.y).toBeGreaterThanOrEqual(top.y + top.height);
      await fitsAcross(seen, 'secrets of a team');
      await fitsFingers(seen, 'secrets of a team');
    }
    await viewer.context().close();
  });
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('a team is made, somebody invited, and the team removed', async ({ page, browser, home }) => {
    await page.goto('/teams');
    await page.getByLabel('Name', { exact: true }).fill('Plain');
    await page.getByRole('button', { name: 'Create team' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Plain');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const link = (await page.locator('.secret-once code').textContent()) ?? '';
    const context = await browser.newContext({ baseURL: home.server.url, storageState: { cookies: [], origins: [] } });
    const theirs = await context.newPage();
    await theirs.goto(link);
    await theirs.getByLabel('Email').fill('plain@example.org');
    await theirs.getByLabel(/^Password/).fill(ADMIN.password);
    await theirs.getByRole('button', { name: 'Make an account' }).click();
    await theirs.goto(page.url());
    await expect(theirs.getByLabel('Members').getByText('plain@example.org')).toBeVisible();
    await context.close();

    await page.reload();
    await page.getByText('Remove team…').click();
    await page.getByRole('button', { name: 'Remove team' }).click();
    await expect(page).toHaveURL('/teams');
    await expect(page.locator('.needs-script').filter({ visible: true })).toHaveCount(0);
  });
});

test('who is in no team has one thing to do, and is shown no form', async ({ browser, home }) => {
  const theirs = await pageOf(browser, home.server, 'alone@example.org', 'viewer');
  await theirs.goto('/teams');
  await alive(theirs);
  await expect(theirs.getByRole('heading', { name: 'You are in no team' })).toBeVisible();
  await expect(theirs.getByRole('button', { name: 'Create team' })).toHaveCount(0);
  await theirs.context().close();
});
