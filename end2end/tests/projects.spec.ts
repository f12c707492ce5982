// Making projects from each source, and what their pages show.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { isAccessible } from '../support/checks.ts';
import { alive, expect, fillSetup, test } from '../support/fixtures.ts';
import { pageOf } from '../support/people.ts';
import { Server } from '../support/server.ts';
import { GREET } from '../support/specs.ts';

/** Opens the form and chooses what the project is made from. */
async function newProject(page: Page, name: string, source: string): Promise<void> {
  await page.goto('/projects/new');
  await alive(page);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('radio', { name: new RegExp(`^${source}`) }).check();
}

async function create(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create project' }).click();
}

/** The project's page, ready without a refresh. */
async function isReady(page: Page, name: string): Promise<void> {
  await expect(page).toHaveURL(/\/projects\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await expect(page.getByRole('button', { name: 'Start run' })).toBeVisible();
}

test('what a form is for is in sight without scrolling', async ({ page, world }) => {
  const forms = [
    { path: `/projects/${world.greeter.id}`, name: 'Start run' },
    { path: '/projects/new', name: 'Create project' },
  ];
  for (const { path, name } of forms) {
    await page.goto(path);
    await expect(page.getByRole('button', { name }), path).toBeInViewport({ ratio: 1 });
  }
});

test('without projects the page says what one is and offers to make one', async ({ page, freshHome }) => {
  await page.context().clearCookies();
  await page.context().addCookies(freshHome.state.cookies);
  await page.goto(`${freshHome.server.url}/projects`);
  await expect(page.getByRole('heading', { level: 2 })).toHaveText('No projects yet');
  await page.locator('.panel.empty').getByRole('link', { name: 'New project' }).click();
  await expect(page).toHaveURL(`${freshHome.server.url}/projects/new`);

  await page.goto(`${freshHome.server.url}/`);
  await expect(page.getByText('Try the offline demo: it takes a minute and costs nothing.')).toBeVisible();
  await page.getByRole('link', { name: 'Try the offline demo' }).click();
  await expect(page).toHaveURL(`${freshHome.server.url}/projects/new?template=cli-tool`);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Greeter');
  await expect(page.getByRole('radio', { name: /^Command-line tool/ })).toBeChecked();
  await page.goto(`${freshHome.server.url}/runs`);
  await expect(page.getByRole('heading', { level: 2 })).toHaveText('No runs yet');
});

test('from a pasted PRD', async ({ page }) => {
  await newProject(page, 'Pasted', 'Spec');
  await page.getByLabel('Spec', { exact: true }).fill(GREET);
  await create(page);

  await isReady(page, 'Pasted');
  await expect(page.getByText('prints Hello, NAME!').or(page.getByText('`greet NAME` prints'))).toBeVisible();
});

/** Hands a file to the field of the spec. */
async function upload(page: Page, name: string, content: string | Buffer): Promise<void> {
  const mimeType = 'application/octet-stream';
  await page.getByLabel('Or read it from a file').setInputFiles({ name, mimeType, buffer: Buffer.from(content) });
}

for (const [name, text] of [
  ['spec.md', GREET],
  ['spec.json', JSON.stringify({ title: 'Greeter', requirements: ['`greet NAME` prints `Hello, NAME!`'] }, null, 2)],
  ['spec.yaml', "openapi: 3.0.0\ninfo:\n  title: Notes\n  version: '1'\npaths:\n  /notes:\n    get:\n      summary: List notes\n"],
] as const) {
  test(`from an uploaded ${name}`, async ({ page }) => {
    await newProject(page, `Uploaded ${name}`, 'Spec');
    await upload(page, name, text);
    await expect(page.getByLabel('Spec', { exact: true })).toHaveValue(text);
    await create(page);

    await isReady(page, `Uploaded ${name}`);
  });
}

test('a file that is no spec is refused in the form, which says what to do', async ({ page }) => {
  await newProject(page, 'Mended', 'Spec');
  const area = page.getByLabel('Spec', { exact: true });
  const problem = page.getByRole('alert');
  await area.fill('What was typed before');
  for (const [name, content, words] of [
    ['latin-1.md', Buffer.from('# Grüße\n', 'latin1'), 'Save it as plain text in UTF-8'],
    ['utf-16.txt', Buffer.from('# Greet', 'utf16le'), 'Save it as plain text in UTF-8'],
    ['picture.md', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]), 'Save it as plain text in UTF-8'],
    ['long.md', Buffer.alloc((1 << 20) + 1, 'x'), 'Split it into several specs'],
    ['empty.md', Buffer.alloc(0), 'That file is empty'],
  ] as const) {
    await upload(page, name, content);
    await expect(problem, name).toContainText(words);
    await expect(area, name).toHaveValue('What was typed before');

    // The same name, since it is the same file that people mend.
    await upload(page, name, `\ufeff# ${name}\n\nGrüße`);
    await expect(area).toHaveValue(`# ${name}\n\nGrüße`);
    await expect(problem).toHaveCount(0);
    await area.fill('What was typed before');
  }
});

test('from a template with its variables', async ({ page }) => {
  await page.goto('/templates');
  await alive(page);
  await page.getByRole('link', { name: 'Command-line tool' }).click();
  await expect(page).toHaveURL('/templates/cli-tool');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Command-line tool');
  await page.getByRole('link', { name: 'Use template' }).click();
  await expect(page).toHaveURL('/projects/new?template=cli-tool');

  await expect(page.getByRole('radio', { name: /^Template/ })).toBeChecked();
  await page.getByLabel('Name', { exact: true }).fill('From a template');
  await page.getByRole('textbox', { name: 'command' }).fill('salute');
  await create(page);

  await isReady(page, 'From a template');
  await expect(page.locator('.code').first()).toContainText('`salute hello NAME` prints `Hello, NAME!`');
  await expect(page.getByText('cli-tool')).toBeVisible();
});

test('from a one-line brief, kept for review', async ({ page }) => {
  await newProject(page, 'Brief', 'One-line brief');
  await page.getByLabel('Brief', { exact: true }).fill('A tool where `hi NAME` prints `Hi NAME`');
  await page.getByRole('radio', { name: /^Keep for review/ }).check();
  await create(page);

  await isReady(page, 'Brief');
  await expect(page.getByText('kept for review')).toBeVisible();
});

test('what is missing or wrong is said above the fields, and what was typed stays', async ({ page, complaints }) => {
  // The browser itself notes each refused request.
  complaints.allow(/status of 4\d\d/);
  await newProject(page, '   ', 'Spec');
  await page.getByLabel('Spec', { exact: true }).fill(GREET);
  await create(page);
  await expect(page.getByRole('alert')).toContainText(/name/i);
  await expect(page).toHaveURL('/projects/new');
  await expect(page.getByLabel('Spec', { exact: true })).toHaveValue(GREET);

  await page.getByLabel('Name', { exact: true }).fill('Cloned');
  await page.getByRole('radio', { name: /^Git URL/ }).check();
  await page.getByLabel('URL', { exact: true }).fill('ext::sh -c id');
  await create(page);
  await expect(page.getByRole('alert')).toContainText(/git URL|git:|https/i);
  await expect(page.getByRole('button', { name: 'Create project' })).not.toHaveAttribute('aria-disabled', 'true');

  await page.getByRole('radio', { name: /^Spec/ }).check();
  await page.getByLabel('Spec', { exact: true }).fill('x'.repeat((1 << 20) + 1));
  await create(page);
  await expect(page.getByRole('alert')).toContainText(/1 MiB|long|large/i);
});

test('a template that was not chosen is asked for', async ({ page, complaints }) => {
  complaints.allow(/status of 4\d\d/);
  await newProject(page, 'No template', 'Template');
  await create(page);

  await expect(page.getByRole('alert')).toContainText('Choose a template.');
  await expect(page.getByText('Choose a template.')).toHaveCount(2);
});

test('folders are not offered by a server that opens none', async ({ page }) => {
  await page.goto('/projects/new');

  await expect(page.getByRole('radio', { name: /^Folder/ })).toBeDisabled();
  await expect(page.locator('main')).toContainText('it was started without --allow-root');
});

test('whoever may not make projects is told who may', async ({ browser, home }) => {
  const page = await pageOf(browser, home.server, 'looker@example.org', 'viewer');
  await page.goto('/projects/new');
  await expect(page.getByText('Operators and admins make projects')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Create project' })).toHaveCount(0);
  await page.goto('/templates/cli-tool');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Command-line tool');
  await expect(page.getByRole('link', { name: 'Use template' })).toHaveCount(0);
  await page.context().close();
});

test('who may only look sees the settings of a project and is led to nothing that they may not do', async ({ browser, home, world }) => {
  const page = await pageOf(browser, home.server, 'reader@example.org', 'viewer');
  await page.goto(`/projects/${world.greeter.id}`);
  await alive(page);
  await expect(page.getByRole('heading', { name: 'Spec', exact: true })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Change spec' })).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Start a run' })).toHaveCount(0);

  await page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByText('Greets people by their name').last()).toBeVisible();
  await expect(page.getByText('merged when verified')).toBeVisible();
  await expect(page.getByRole('region', { name: "The project's spec" })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save settings' })).toHaveCount(0);
  await page.context().close();
});

test('a project that could not be cloned leads to its end', async ({ page, home }) => {
  const project = await home.api.post<{ id: string }>('/api/projects', { name: 'Never cloned', git_url: 'http://127.0.0.1:1/x.git' });
  await page.goto(`/projects/${project.id}`);
  await alive(page);
  const banner = page.locator('main .banner');
  await expect(banner).toContainText('Make the project again once that is mended.', { timeout: 60_000 });
  await expect(page.getByRole('heading', { name: 'Start a run' })).toHaveCount(0);
  await banner.getByRole('link', { name: 'Delete project…' }).click();
  await expect(page.getByRole('button', { name: 'Delete project' })).toBeVisible();
});

test('what a role does not open says so in words and leads on', async ({ browser, home, world }) => {
  const page = await pageOf(browser, home.server, 'kept-out@example.org', 'viewer');
  expect((await page.goto(`/projects/${world.greeter.id}/secrets`))?.status()).toBe(403);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not allowed');
  await expect(page.locator('main')).toContainText('Your role does not allow this. Ask an admin for another one.');
  await isAccessible(page, 'what a role does not open');
  await page.getByRole('link', { name: 'Go to home' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What needs you');
  await page.context().close();
});

test('a server that does not answer is said, and the form can be sent again', async ({ page, complaints }) => {
  complaints.allow(/ERR_FAILED/);
  await newProject(page, 'Again', 'One-line brief');
  await page.getByLabel('Brief', { exact: true }).fill('`again` prints `again`');
  await page.route('**/ui/create_project', route => route.abort());
  await create(page);
  await expect(page.getByRole('alert')).toContainText('The server did not answer');

  await page.unroute('**/ui/create_project');
  await create(page);
  await isReady(page, 'Again');
});

test('lists show projects with their newest runs, and new ones appear without a refresh', async ({ page, world, home }) => {
  await page.goto('/projects');
  await alive(page);
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
  await expect(row(world.greeter.name)).toContainText('Greets people by their name');
  await expect(row(world.half.name)).toContainText(/not verified/i);

  await home.api.hasProject('Made elsewhere');
  await expect(row('Made elsewhere')).toContainText(/ready/i);
  await row('Made elsewhere').getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Made elsewhere');
});

test('settings are changed, and a project is deleted only by its name', async ({ page, home, complaints }) => {
  complaints.allow(/status of 4\d\d/);
  const project = await home.api.hasProject('Short-lived', GREET);
  await page.goto(`/projects/${project.id}`);
  await alive(page);
  await page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Description').fill('Not for long');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByText('Settings saved.')).toBeVisible();
  await expect(page.locator('.page-head')).toContainText('Not for long');

  await page.getByLabel("Type the project's name to confirm").fill('Something else');
  await page.getByRole('button', { name: 'Delete project' }).click();
  await expect(page.getByRole('alert')).toContainText('The name does not match');
  await page.getByLabel("Type the project's name to confirm").fill('Short-lived');
  await page.getByRole('button', { name: 'Delete project' }).click();
  await expect(page).toHaveURL('/projects');
  await expect(page.getByRole('link', { name: 'Short-lived' })).toHaveCount(0);
});

test('the secrets of a project are under its head and tabs', async ({ page, world }) => {
  await page.goto(`/projects/${world.greeter.id}`);
  const runs = await page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: /^Runs/ }).textContent();
  await page.goto(`/projects/${world.greeter.id}/secrets`);

  await expect(page.locator('.page-head')).toContainText('Greets people by their name');
  await expect(page.getByRole('navigation', { name: 'Project' }).getByRole('link', { name: /^Runs/ })).toHaveText(runs ?? '');
  await expect(page.getByRole('link', { name: 'Set a secret' })).toBeVisible();
});

test('the start panel says what will happen', async ({ page, world }) => {
  await page.goto(`/projects/${world.greeter.id}`);

  await expect(page.getByText('The agent works in a worktree of its own', { exact: false })).toBeVisible();
  const ceiling = page.getByLabel(/^Cost ceiling/);
  await expect(ceiling).toBeVisible();
});

test.describe('on a server that has an agent', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('the start panel shows where each agent was found, and in which version', async ({ page }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'loki-agent-'));
    const claude = path.join(folder, 'claude');
    writeFileSync(claude, "#!/bin/sh\necho '9.8.7 (Claude Code)'\n", { mode: 0o755 });
    const server = await Server.start({ LOKI_AGENT_CLAUDE: claude });
    try {
      await page.goto(server.setupLink!);
      await fillSetup(page);
      await page.waitForURL(`${server.url}/`);
      const api = server.api();
      const project = await api.hasProject('Chosen for', GREET);
      await page.goto(`${server.url}/projects/${project.id}`);
      const card = (name: RegExp) => page.locator('.choice').filter({ has: page.getByRole('radio', { name }) });

      await expect(card(/^Claude Code/)).toContainText(`9.8.7 (Claude Code) · ${claude}`);
      await expect(page.getByRole('radio', { name: /^Claude Code/ })).toBeChecked();
      const { agents } = await api.get<{ agents: { provider: string; version: string; path: string }[] }>('/api/agents');
      const demo = agents.find(agent => agent.provider === 'demo')!;
      await expect(card(/^Demo agent/)).toContainText(`${demo.version} · ${demo.path}`);
      await expect(card(/^Demo agent/)).toContainText('Works offline, costs nothing');
      await expect(page.getByRole('radio', { name: /^ACP agent/ })).toBeDisabled();
      await expect(card(/^ACP agent/)).toContainText('LOKI_AGENT_ACP');
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('runs are sorted by their columns', async ({ page, world }) => {
    await page.goto('/runs');
    const title = page.getByRole('columnheader', { name: 'Run' });
    await title.getByRole('link').click();
    await expect(page).toHaveURL('/runs?sort=run');
    await expect(title).toHaveAttribute('aria-sort', 'ascending');
    const titles = async () => (await page.locator('main td.main a.open').allTextContents()).map(text => text.toLowerCase());
    const up = await titles();
    expect(up.length, world.greeter.name).toBeGreaterThan(1);
    expect(up).toEqual([...up].sort());

    await title.getByRole('link').click();
    await expect(page).toHaveURL('/runs?sort=-run');
    await expect(title).toHaveAttribute('aria-sort', 'descending');
    expect(await titles()).toEqual([...up].sort().reverse());

    await title.getByRole('link').click();
    await expect(page).toHaveURL('/runs');
    await expect(title).not.toHaveAttribute('aria-sort');
  });
});
