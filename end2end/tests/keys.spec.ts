// Keys and the command palette.
import { ADMIN, alive, expect, test } from '../support/fixtures.ts';
import { RunPage } from '../support/run-page.ts';
import { GREET, slowTasks } from '../support/specs.ts';

test('two letters go to a page, c makes a project', async ({ page }) => {
  await page.goto('/');
  await alive(page);
  for (const [keys, path] of [['gp', '/projects'], ['gt', '/templates'], ['gr', '/runs'], ['gh', '/'], ['c', '/projects/new']] as const) {
    for (const key of keys) await page.keyboard.press(key);
    await expect(page, keys).toHaveURL(path);
    // A page that came without a load has its heading, its title and the focus in reach.
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
});

test('? shows all keys, Escape closes them and gives the focus back', async ({ page }) => {
  await page.goto('/projects');
  await alive(page);
  const link = page.getByRole('link', { name: 'New project' });
  await link.focus();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet).toBeVisible();
  for (const words of ['search or run a command', 'submit the form', 'projects', 'next row', 'select the row', 'pause or resume', 'switch tabs']) {
    await expect(sheet).toContainText(words);
  }

  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(link).toBeFocused();
});

test('j and k walk the rows of a list, Enter opens one', async ({ page, world }) => {
  // Only so that the list has rows.
  void world;
  await page.goto('/projects');
  await alive(page);
  const rows = page.locator('main a.open');
  await page.keyboard.press('j');
  await expect(rows.nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await expect(rows.nth(0)).toBeFocused();
  const name = await rows.nth(0).innerText();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
});

test('on a run 1 to 5 switch tabs', async ({ page, world }) => {
  await page.goto(`/runs/${world.verified.id}`);
  await alive(page);
  const run = new RunPage(page);
  for (const [key, tab] of [['2', 'Tasks'], ['3', 'Diff'], ['4', 'Gates'], ['5', 'Receipt'], ['1', 'Log']] as const) {
    await page.keyboard.press(key);
    await expect(run.tab(tab)).toHaveAttribute('aria-current', 'page');
  }
});

test('on a run space pauses and resumes, s asks before it stops', async ({ page, home }) => {
  const project = await home.api.hasProject('By keys', slowTasks(6, 3));
  const started = await home.api.startsRun(project);
  await page.goto(`/runs/${started.id}`);
  await alive(page);
  const run = new RunPage(page);
  await run.is(/^working$/i);

  await page.keyboard.press('Space');
  await run.is(/^paused$/i);
  await page.keyboard.press('Space');
  await run.is(/^(working|verifying)$/i);
  await page.keyboard.press('s');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'Stop run' }).focus();
  await page.keyboard.press('Enter');
  await run.is(/^stopped$/i);
});

test('/ searches the log, n and N walk what was found', async ({ page, world }) => {
  await page.goto(`/runs/${world.verified.id}`);
  await alive(page);
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search the log' })).toBeFocused();
  await page.keyboard.type('greet');
  const count = page.getByRole('search').getByRole('status');
  await expect(count).toHaveText(/^\d+ found$/);
  await page.keyboard.press('Enter');
  await expect(count).toHaveText(/^1 of/);
  await expect(page.locator('#log .chosen mark').first()).toBeVisible();
  await page.keyboard.press('n');
  await expect(count).toHaveText(/^2 of/);
  await page.keyboard.press('N');
  await expect(count).toHaveText(/^1 of/);

  await page.keyboard.press('/');
  const field = page.getByRole('searchbox', { name: 'Search the log' });
  await expect(field).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(count).toHaveText('');
  await expect(field).toHaveValue('');
  await expect(page.locator('#log mark')).toHaveCount(0);
});

test('a menu that is closed takes no keys', async ({ page }) => {
  await page.goto('/runs');
  await alive(page);
  await page.locator('.menu > summary').click();
  await page.keyboard.press('Escape');
  await expect(page.locator('.menu > summary')).toBeFocused();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('p');
  await expect(page).toHaveURL('/projects');
});

test('keys are never taken from a text field', async ({ page, world }) => {
  const typed = 'c gp gh ? j k 1 2 s f / space';
  await page.goto('/projects/new');
  await alive(page);
  for (const field of [page.getByLabel('Name', { exact: true }), page.getByLabel('Spec', { exact: true })]) {
    await field.click();
    await page.keyboard.type(typed);
    await expect(field).toHaveValue(typed);
    await expect(page).toHaveURL('/projects/new');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  await page.goto(`/projects/${world.greeter.id}`);
  await alive(page);
  await page.getByLabel('Model').click();
  await page.keyboard.type(typed);
  await expect(page.getByLabel('Model')).toHaveValue(typed);
  await expect(page).toHaveURL(`/projects/${world.greeter.id}`);
});

test('Ctrl and Enter submit the form, from a text area too', async ({ page }) => {
  await page.goto('/projects/new');
  await alive(page);
  await page.getByLabel('Name', { exact: true }).fill('By two keys');
  await page.getByRole('radio', { name: /^Spec/ }).check();
  await page.getByLabel('Spec', { exact: true }).fill(GREET);
  await page.keyboard.press('Control+Enter');

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('By two keys');
});

test('Ctrl and Enter submit on pages that come without the browser’s half', async ({ page }) => {
  await page.context().clearCookies();
  await page.goto('/login');
  await page.getByLabel('Email').fill(ADMIN.email);
  // What the browser finds missing is not sent.
  await page.keyboard.press('Control+Enter');
  await expect(page).toHaveURL('/login');
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.keyboard.press('Control+Enter');

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');
});

test('with a modifier keys stay the browser’s', async ({ page }) => {
  await page.goto('/projects');
  await alive(page);
  for (const key of ['Alt+c', 'Control+c', 'Control+j', 'Control+g']) await page.keyboard.press(key);

  await expect(page).toHaveURL('/projects');
});

test.describe('the command palette', () => {
  test('opens by key and by mouse, finds pages, projects and runs, and goes there', async ({ page, world }) => {
    await page.goto('/');
    await alive(page);
    const palette = page.getByRole('dialog', { name: 'Search or run a command' });
    const field = palette.getByRole('combobox');
    const options = palette.getByRole('option');

    await page.keyboard.press('Control+k');
    await expect(field).toBeFocused();
    await page.keyboard.type('tem');
    await expect(options.first()).toContainText('Go to templates');
    await expect(options.first()).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL('/templates');
    await expect(palette).toBeHidden();

    await page.getByRole('button', { name: 'Search or run a command' }).click();
    await expect(field).toHaveValue('');
    await page.keyboard.type(world.half.name);
    const project = options.filter({ hasText: 'project' }).filter({ hasText: world.half.name });
    await expect(project).toHaveCount(1);
    await project.click();
    await expect(page).toHaveURL(`/projects/${world.half.id}`);

    await page.keyboard.press('Control+k');
    await page.keyboard.type('greet by name run 1');
    await expect(options.first()).toContainText('Greeter run 1');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(`/runs/${world.verified.id}`);
  });

  test('is walked with arrows, says when nothing fits, and closes with Escape', async ({ page }) => {
    await page.goto('/projects');
    await alive(page);
    const palette = page.getByRole('dialog', { name: 'Search or run a command' });
    const field = palette.getByRole('combobox');
    await page.keyboard.press('Control+k');
    const second = palette.getByRole('option').nth(1);
    await page.keyboard.press('ArrowDown');
    await expect(second).toHaveAttribute('aria-selected', 'true');
    await expect(field).toHaveAttribute('aria-activedescendant', (await second.getAttribute('id'))!);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await expect(palette.getByRole('option').last()).toHaveAttribute('aria-selected', 'true');

    await page.keyboard.type('no such thing');
    await expect(palette.getByRole('status')).toHaveText('Nothing found. Try fewer letters.');
    await page.keyboard.press('Enter');
    await expect(palette).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(palette).toBeHidden();
    await expect(page).toHaveURL('/projects');
  });

  test('opens from a page of the server by link and by key', async ({ page }) => {
    const palette = page.getByRole('dialog', { name: 'Search or run a command' });
    await page.goto('/docs');
    await page.getByRole('link', { name: 'Search or run a command' }).click();
    await expect(palette).toBeVisible();
    await page.goto('/docs');
    await page.keyboard.press('Control+k');
    await expect(palette).toBeVisible();
  });

  test('opens from a text field too, and runs commands', async ({ page }) => {
    await page.goto('/projects/new');
    await alive(page);
    await page.getByLabel('Name', { exact: true }).click();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('light theme');
    await page.keyboard.press('Enter');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');

    await page.keyboard.press('Control+k');
    await page.keyboard.type('show the keys');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  });
});
