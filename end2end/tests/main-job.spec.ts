// The main job: a spec becomes verified code while somebody watches, without a refresh.
import { execFileSync } from 'node:child_process';
import { alive, expect, test } from '../support/fixtures.ts';
import { RunPage } from '../support/run-page.ts';
import { GREET } from '../support/specs.ts';

test('a pasted spec becomes verified, committed code before the eyes of who started it', async ({ page, home, isMobile }, info) => {
  const name = `Watched on ${info.project.name}`;
  await page.goto('/projects');
  await alive(page);
  // Whoever reloads the page loses this mark.
  await page.evaluate(() => document.documentElement.setAttribute('data-never-reloaded', ''));

  await page.getByRole('link', { name: 'New project' }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('radio', { name: /^Spec/ }).check();
  await page.getByLabel('Spec', { exact: true }).fill(GREET);
  await page.getByRole('button', { name: 'Create project' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);

  await page.getByRole('radio', { name: /demo/i }).check();
  await page.getByRole('button', { name: 'Start run' }).click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Greet by name');
  const run = new RunPage(page);

  // The log grows while the agent works, and the tab tells the state.
  await expect(run.panel).toContainText('Reading the task', { timeout: 30_000 });
  await run.is(/^verified$/i, 45_000);
  await expect(page).toHaveTitle(/✓ verified – Greet by name/);
  await expect(page.locator('.run-what')).toContainText(/demo/i);

  if (isMobile) await page.locator('summary', { hasText: 'Timeline' }).click();
  await expect(run.timeline).toContainText('Development');
  await expect(run.timeline.getByRole('img').first()).toHaveAttribute('aria-label', /Reason passed, Act passed, Reflect passed, Verify passed/);
  await expect(page.getByRole('button', { name: 'Replay' })).toBeVisible();
  // What comes first now is to read what came of it.
  await expect(page.locator('.run-actions .btn.primary')).toHaveText('Read the receipt');
  await expect(page.getByRole('button', { name: /^Pause/ })).toHaveCount(0);

  await run.open('Tasks');
  await expect(run.panel).toContainText('greet NAME prints Hello, NAME!');
  await expect(run.panel).toContainText(/completed/i);

  await run.open('Diff');
  await expect(run.panel).toContainText('greet');
  await expect(run.panel).toContainText('Hello, ');
  const split = page.getByRole('link', { name: 'Split', exact: true });
  // On a phone both ways look the same.
  if (isMobile) {
    await expect(split).toHaveCount(0);
  } else {
    await split.click();
    await expect(page).toHaveURL(/view=split/);
    await expect(run.panel).toContainText('Hello, ');
  }

  await run.open('Gates');
  await expect(run.panel.getByRole('table').first()).toContainText('Tests');
  await run.panel.getByText('Evidence').first().click();
  await expect(run.panel.locator('details.evidence[open] pre').first()).toBeVisible();

  await run.open('Receipt');
  await expect(run.panel).toContainText(/verified/i);
  await expect(run.panel).toContainText(/[0-9a-f]{64}/);
  await expect(run.panel).toContainText('loki receipt verify');

  await expect(page.locator('html')).toHaveAttribute('data-never-reloaded', '');

  // What the page says is in the repository.
  const projects = await home.api.get<{ projects: { name: string; path: string }[] }>('/api/projects');
  const path = projects.projects.find(project => project.name === name)!.path;
  const git = (...words: string[]) => execFileSync('git', ['-C', path, '-c', 'safe.directory=*', ...words], { encoding: 'utf8' });
  expect(git('ls-tree', '-r', '--name-only', 'HEAD')).toContain('greet');
  expect(git('log', '--format=%s').split('\n').length).toBeGreaterThan(2);

  // The project's page knows of it.
  await page.goBack();
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name }).click();
  await expect(page.locator('.page-head')).toContainText(/verified/i);
});

test('a run with a requirement that cannot be built ends not verified and names it', async ({ page, world }) => {
  await page.goto(`/runs/${world.notVerified.id}`);
  const run = new RunPage(page);
  await run.is(/^not verified$/i);

  await run.open('Receipt');
  await expect(run.panel).toContainText('Users sign in with their company account');
  await run.open('Tasks');
  await expect(run.panel).toContainText(/failed/i);
});
