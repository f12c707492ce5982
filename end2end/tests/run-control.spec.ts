// Runs under control: pause, resume, stop, and a server that dies in the middle.
import { alive, expect, test } from '../support/fixtures.ts';
import { RunPage } from '../support/run-page.ts';
import { slow, slowTasks } from '../support/specs.ts';

test('a run is paused, goes on, and is stopped from its page', async ({ page, home }) => {
  const project = await home.api.hasProject('Under control', slowTasks(6, 3));
  const started = await home.api.startsRun(project);
  await page.goto(`/runs/${started.id}`);
  await alive(page);
  const run = new RunPage(page);
  await run.is(/^working$/i);

  await page.getByRole('button', { name: /^Pause/ }).click();
  await run.is(/^paused$/i);
  await expect(page).toHaveTitle(/^‖ paused/);
  await page.getByRole('button', { name: /^Resume/ }).click();
  await run.is(/^(working|verifying)$/i);

  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('run 1 of Under control');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await run.is(/^(working|verifying)$/i);

  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await dialog.getByRole('button', { name: 'Stop run' }).click();
  await run.is(/^stopped$/i);
  await expect(page.getByRole('button', { name: 'Replay' })).toBeVisible();
});

test('what is done elsewhere shows at once, in lists too', async ({ page, home, context }) => {
  const project = await home.api.hasProject('From elsewhere', slow(20));
  const started = await home.api.startsRun(project);
  const list = await context.newPage();
  await list.goto('/runs?state=active');
  await alive(list);
  const row = list.getByRole('row').filter({ hasText: 'From elsewhere' });
  await expect(row).toContainText(/working|preparing|queued/i);
  await page.goto(`/runs/${started.id}`);
  await alive(page);

  await home.api.control('stop', started);
  await new RunPage(page).is(/^stopped$/i);
  await expect(row).toHaveCount(0);
});

test('the log follows until somebody scrolls up, and says what is new', async ({ page, home }) => {
  const project = await home.api.hasProject('Long talk', slow(12));
  const started = await home.api.startsRun(project);
  await page.setViewportSize({ width: 1440, height: 560 });
  await page.goto(`/runs/${started.id}`);
  await alive(page);
  const run = new RunPage(page);
  const log = page.getByRole('region', { name: 'Log' });
  const isAtEnd = () => log.evaluate(log => log.scrollHeight - log.scrollTop - log.clientHeight < 30);
  const follow = page.getByRole('button', { name: /^Follow/ });
  await expect(follow).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => log.evaluate(log => log.scrollHeight > log.clientHeight + 200), { timeout: 30_000 }).toBe(true);
  await expect.poll(isAtEnd).toBe(true);

  await log.hover();
  // A line that comes in the same moment takes the log to its end once more.
  await expect(async () => {
    await page.mouse.wheel(0, -400);
    await expect(follow).toHaveAttribute('aria-pressed', 'false', { timeout: 1_000 });
  }).toPass();
  const newer = page.getByRole('button', { name: /^\d+ new/ });
  await expect(newer).toBeVisible();
  expect(await isAtEnd()).toBe(false);
  await newer.click();
  await expect(follow).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(isAtEnd).toBe(true);

  await home.api.control('stop', started);
  await run.is(/^stopped$/i);
});

test.describe('a server that is killed', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('leaves a page that reconnects by itself and is right again, with no line lost or doubled', async ({ page, freshHome, complaints }) => {
    complaints.allow(/WebSocket/, /ERR_CONNECTION_REFUSED/);
    const { server, api, state } = freshHome;
    await page.context().addCookies(state.cookies);
    const project = await api.hasProject('Survivor', slow(5));
    const started = await api.startsRun(project);
    await page.goto(`${server.url}/runs/${started.id}`);
    await alive(page);
    const run = new RunPage(page);
    await run.is(/^working$/i);

    await server.kill();
    await expect(page.locator('.conn')).toHaveText(/Reconnecting|Offline/);
    await server.start();
    await alive(page);
    await run.is(/^verified$/i, 45_000);

    const written = await api.logText(started.id);
    expect(written).toContain('Readingthetask');
    await expect.poll(() => run.logText(), { message: 'the log of the page that stayed open' }).toBe(written);
    await page.reload();
    await alive(page);
    await run.is(/^verified$/i);
    await expect.poll(() => run.logText(), { message: 'the log of a page that was opened later' }).toBe(written);
  });
});

test('a page that is one too many says so instead of trying all the time', async ({ page }) => {
  let opened = 0;
  await page.routeWebSocket(/\/ws/, socket => {
    opened += 1;
    void socket.close({ code: 4029, reason: '32 live connections are open, as many as one may have: close one' });
  });
  await page.goto('/projects');
  await expect(page.locator('.conn')).toHaveText('Too many pages open');
  expect(opened).toBe(1);
});
