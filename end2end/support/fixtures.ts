// What every test stands on: a server for each worker, an admin who is signed in, and an ear on the console.
import { type Browser, type BrowserContextOptions, type Page, test as base, expect } from '@playwright/test';
import type { Api, Project, Run } from './api.ts';
import { Complaints } from './console.ts';
import { Server } from './server.ts';
import { GREET, HALF } from './specs.ts';

export { expect };

export const ADMIN = { name: 'Ada Admin', email: 'ada@example.org', password: 'a long enough password' };

type State = Exclude<BrowserContextOptions['storageState'], string | undefined>;

/** A server with its admin's login. */
export type Home = { server: Server; state: State; api: Api };

/** Projects and runs to look at, a team, somebody else, a token, and where links lead that nobody has taken up. */
export type World = {
  greeter: Project;
  verified: Run;
  half: Project;
  notVerified: Run;
  stopped: Run;
  team: string;
  person: string;
  token: string;
  invitation: string;
  reset: string;
};

type ForTest = { complaints: Complaints; freshServer: Server; freshHome: Home };
type ForWorker = { home: Home; world: World };

export const test = base.extend<ForTest, ForWorker>({
  home: [
    async ({ browser }, use) => {
      const server = await Server.start();
      await use(await withAdmin(browser, server));
      await server.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  world: [
    async ({ home }, use) => {
      await use(await populate(home));
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  baseURL: async ({ home }, use) => use(home.server.url),
  storageState: async ({ home }, use) => use(home.state),

  complaints: [
    async ({ context }, use, info) => {
      const complaints = await Complaints.of(context);
      await use(complaints);
      // A test that failed has said already what is wrong.
      if (info.status === info.expectedStatus) expect(complaints.all(), 'the console stays silent').toEqual([]);
    },
    { auto: true },
  ],

  freshServer: async ({}, use, info) => {
    const server = await Server.start();
    await use(server);
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: server.log.slice(-20_000) });
    await server.stop();
  },

  freshHome: async ({ browser, freshServer }, use) => {
    await use(await withAdmin(browser, freshServer));
  },
});

/** Fills in the form of the first visit. */
export async function fillSetup(page: Page): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(ADMIN.name);
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel(/^Password/).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Create admin account' }).click();
}

/** Fills in the sign-in form. */
export async function fillLogin(page: Page, password = ADMIN.password): Promise<void> {
  await page.getByLabel('Email').fill(ADMIN.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Makes the first account through the real form. */
async function withAdmin(browser: Browser, server: Server): Promise<Home> {
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await page.goto(server.setupLink ?? 'no setup link was printed');
  await fillSetup(page);
  await page.waitForURL(`${server.url}/`);
  const state = await context.storageState();
  await context.close();
  return { server, state: { cookies: state.cookies, origins: [] }, api: server.api() };
}

/** Runs that ended in each way that a page shows differently, and whoever and whatever else has a page of its own. */
async function populate({ api, server }: Home): Promise<World> {
  const greeter = await api.hasProject('Greeter', GREET, { description: 'Greets people by their name' });
  const half = await api.hasProject('Billing', HALF);
  const queued = await Promise.all([api.startsRun(greeter), api.startsRun(half)]);
  const [verified, notVerified] = await Promise.all(queued.map(run => api.finished(run.id)));
  const begun = await api.startsRun(greeter);
  await api.control('stop', begun);
  const stopped = await api.finished(begun.id);
  const team = await api.post<{ id: string }>('/api/v2/teams', { name: 'Lookers' });
  const email = 'looked-at@example.org';
  server.loki(['user', 'create', '--email', email, '--role', 'viewer', '--password-stdin'], ADMIN.password);
  await api.post(`/api/v2/teams/${team.id}/members`, { email, role: 'viewer' });
  const { users } = await api.get<{ users: { id: string }[] }>(`/api/v2/users?q=${email}`);
  const { keys } = await api.get<{ keys: { id: string }[] }>('/api/v2/api-keys');
  const { link } = await api.post<{ link: string }>('/api/v2/invitations', { team_id: team.id });
  return {
    greeter,
    half,
    verified: verified!,
    notVerified: notVerified!,
    stopped,
    team: team.id,
    person: users[0]!.id,
    token: keys[0]!.id,
    invitation: place(link),
    reset: place(server.loki(['user', 'reset-link', '--email', email])),
  };
}

/** Where a link leads on whatever server a test asks. */
function place(link: string): string {
  const { pathname, search } = new URL(link.trim());
  return pathname + search;
}

/** Waits until the page is alive: hydrated, and its socket connected. */
export async function alive(page: Page): Promise<void> {
  await expect(page.locator('.conn')).toHaveText('Live');
}
