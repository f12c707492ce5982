// The main job in a browser without JavaScript: plain pages, plain forms.
import { ADMIN, expect, fillLogin, fillSetup, test } from '../support/fixtures.ts';
import { RunPage } from '../support/run-page.ts';
import { GREET, slowTasks } from '../support/specs.ts';

test.use({ javaScriptEnabled: false });

test.describe('a stranger', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('makes the first account and signs out and in', async ({ page, freshServer, complaints }) => {
    // What is typed wrong here on purpose.
    complaints.allow(/status of 401/);
    await page.goto(freshServer.setupLink!);
    await fillSetup(page);
    await expect(page).toHaveURL(`${freshServer.url}/`);

    await page.locator('.menu > summary').click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(`${freshServer.url}/login`);

    await fillLogin(page, 'not the password');
    await expect(page.getByRole('alert')).toContainText('Email or password is wrong');
    await expect(page.getByLabel('Email')).toHaveValue(ADMIN.email);
    await fillLogin(page);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');
  });
});

test('a project is made, a run started, and its page read', async ({ page, home }, info) => {
  const name = `Plain ${info.project.name}`;
  await page.goto('/projects/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('radio', { name: /^Spec/ }).check();
  await page.getByLabel('Spec', { exact: true }).fill(GREET);
  await page.getByRole('button', { name: 'Create project' }).click();
  await expect(page).toHaveURL(/\/projects\/[0-9a-f-]{36}$/);

  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('button', { name: 'Start run' })).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole('radio', { name: /demo/i }).check();
  await page.getByRole('button', { name: 'Start run' }).click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  await home.api.finished(page.url().split('/').pop()!);

  await page.reload();
  const run = new RunPage(page);
  await run.is(/^verified$/i);
  await expect(run.timeline).toContainText('Development');
  await expect(run.panel).toContainText('Reading the task');
  await run.open('Tasks');
  await expect(run.panel).toContainText('greet NAME prints Hello, NAME!');
  await run.open('Diff');
  await expect(run.panel).toContainText('Hello, ');
  if (info.project.name !== 'phone') {
    await page.getByRole('link', { name: /split/i }).click();
    await expect(run.panel).toContainText('Hello, ');
  }
  await run.open('Gates');
  await expect(run.panel).toContainText('Tests');
  await run.open('Receipt');
  await expect(run.panel).toContainText(/[0-9a-f]{64}/);
});

test('a run is paused, resumed and stopped by plain buttons', async ({ page, home }, info) => {
  const project = await home.api.hasProject(`Plain control ${info.project.name}`, slowTasks(6, 3));
  const started = await home.api.startsRun(project);
  await home.api.runThat(started.id, 'works', run => run.status === 'working');
  await page.goto(`/runs/${started.id}`);
  await page.getByRole('button', { name: /^Pause/ }).click();
  await home.api.runThat(started.id, 'is paused', run => run.status === 'paused');
  await page.reload();
  const run = new RunPage(page);
  await run.is(/^paused$/i);

  await page.getByRole('button', { name: /^Resume/ }).click();
  await home.api.runThat(started.id, 'works again', run => run.status !== 'paused');
  await page.reload();
  await page.locator('details.without-script > summary').click();
  await page.locator('details.without-script').getByRole('button').click();
  await home.api.finished(started.id);
  await page.reload();
  await run.is(/^stopped$/i);
});

test('a refused form comes back with the reason and with what was typed', async ({ page }) => {
  await page.goto('/projects/new');
  await page.getByLabel('Name', { exact: true }).fill('Etc');
  await page.getByRole('radio', { name: /^Git URL/ }).check();
  await page.getByLabel('URL', { exact: true }).fill('file:///etc');
  await page.getByRole('button', { name: 'Create project' }).click();

  await expect(page).toHaveURL('/projects/new');
  await expect(page.getByRole('alert')).toContainText('only https, http, ssh and git are allowed');
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Etc');
  await expect(page.getByRole('radio', { name: /^Git URL/ })).toBeChecked();
  await expect(page.getByLabel('URL', { exact: true })).toHaveValue('file:///etc');
});

test('nothing shows that would need a script', async ({ page, world }) => {
  for (const path of ['/', '/projects', '/projects/new', `/projects/${world.greeter.id}`, `/runs/${world.verified.id}`]) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.needs-script').filter({ visible: true }), path).toHaveCount(0);
  }
});
