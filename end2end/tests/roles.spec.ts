// Admin, operator, viewer and auditor walk through the pages that are open to them: each fits (`looks` asks what axe finds there), what
// a role may not do is not offered, and what it may not open is not there.
import type { Page } from '@playwright/test';
import { DESKTOP } from '../support/browser.ts';
import { fitsAcross } from '../support/checks.ts';
import { Complaints } from '../support/console.ts';
import { type World, alive, expect, test } from '../support/fixtures.ts';
import { ROLES, type Role, pageOf } from '../support/people.ts';

const PHONE_WIDTH = 390;

/** Open to everybody who is signed in, as far as it is of the team that they are in. */
const everybodys = (world: World): string[] => [
  '/',
  '/projects',
  `/projects/${world.greeter.id}`,
  `/projects/${world.greeter.id}?tab=runs`,
  `/projects/${world.greeter.id}?tab=settings`,
  '/runs',
  `/runs/${world.verified.id}`,
  `/runs/${world.verified.id}?tab=receipt`,
  '/templates',
  '/templates/cli-tool',
  '/teams',
  `/teams/${world.team}`,
  `/teams/${world.team}/secrets`,
  '/profile',
  '/profile/factors',
  '/account/sign-in-methods',
  '/account/confirm',
  '/docs',
];
const makers = (world: World): string[] => ['/projects/new', `/projects/${world.greeter.id}/secrets`];
const AUDIT = ['/admin', '/admin/audit', '/admin/audit/1', '/admin/audit/verify', '/admin/roles'];
const PLACES = ['users', 'tokens', 'tokens/new', 'providers', 'limits', 'settings', 'secrets'].map(page => `/admin/${page}`);
const admins = (world: World): string[] => [
  ...PLACES,
  `/admin/users/${world.person}`,
  `/admin/tokens/${world.token}`,
  `/projects/${world.greeter.id}/sharing`,
];

const open: Record<Role, (world: World) => string[]> = {
  admin: world => [...everybodys(world), ...makers(world), ...AUDIT, ...admins(world)],
  operator: world => [...everybodys(world), ...makers(world)],
  viewer: everybodys,
  auditor: world => [...everybodys(world), ...AUDIT],
};

/** For people to look at. */
async function picture(page: Page, role: Role, path: string): Promise<void> {
  const folder = process.env.PICTURES;
  const name = path.replace(/[0-9a-f-]{36}/, 'one').replaceAll(/[^a-z0-9]+/g, '-');
  if (folder) await page.screenshot({ path: `${folder}/${role}-${page.viewportSize()!.width}${name}.png`, fullPage: true });
}

for (const role of ROLES) {
  test(`what is open to the role ${role} is sound, and nothing else is open`, async ({ browser, home, world }) => {
    test.slow();
    const email = `walks-as-${role}@example.org`;
    const page = await pageOf(browser, home.server, email, role, { ...DESKTOP, reducedMotion: 'reduce' });
    await home.api.post(`/api/v2/teams/${world.team}/members`, { email, role: 'viewer' });
    const complaints = await Complaints.of(page.context());
    complaints.hear(page);
    for (const path of open[role](world)) {
      await page.setViewportSize(DESKTOP.viewport);
      expect((await page.goto(path))?.status(), path).toBe(200);
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      if (await page.locator('.conn').count()) await alive(page);
      await fitsAcross(page, `${path} as ${role}`);
      await picture(page, role, path);
      await page.setViewportSize({ ...DESKTOP.viewport, width: PHONE_WIDTH });
      await fitsAcross(page, `${path} as ${role}, ${PHONE_WIDTH} px`);
      await picture(page, role, path);
    }
    expect(complaints.all(), 'the console stays silent').toEqual([]);

    await page.setViewportSize(DESKTOP.viewport);
    const closed = [...AUDIT, ...admins(world)].filter(path => !open[role](world).includes(path));
    for (const path of closed) {
      // Of a project that they see people are told that this is not for them; what they may not know of is not there.
      const [status, heading] = path.startsWith('/projects/') ? [403, 'Not allowed'] : [404, 'Not found'];
      expect((await page.goto(path))?.status(), path).toBe(status);
      await expect(page.getByRole('heading', { name: heading })).toBeVisible();
    }
    await page.context().close();
  });

  test(`the role ${role} is offered what it may do`, async ({ browser, home, world }) => {
    const page = await pageOf(browser, home.server, `acts-as-${role}@example.org`, role, DESKTOP);
    const [makes, administers, audits] = [['admin', 'operator'], ['admin'], ['admin', 'auditor']].map(roles => roles.includes(role));
    const offers = async (what: ReturnType<Page['locator']>, may: boolean | undefined) => {
      if (may) await expect(what.first()).toBeVisible();
      else await expect(what).toHaveCount(0);
    };
    const main = page.getByRole('navigation', { name: 'Main' });

    await page.goto('/projects');
    await alive(page);
    await offers(page.getByRole('link', { name: 'New project' }), makes);
    await offers(main.getByRole('link', { name: 'Admin' }), audits);
    await page.goto(`/projects/${world.greeter.id}`);
    await alive(page);
    await offers(page.getByRole('button', { name: 'Start run' }), makes);
    await page.goto(`/runs/${world.verified.id}`);
    await alive(page);
    await offers(page.getByRole('button', { name: 'Replay' }), makes);
    await page.goto('/teams');
    await alive(page);
    await offers(page.getByRole('button', { name: 'Create team' }), administers);
    if (audits) {
      await page.goto('/admin');
      await alive(page);
      await offers(main.getByRole('link', { name: 'Audit' }), true);
      for (const name of ['Tokens', 'Users', 'Settings']) await offers(main.getByRole('link', { name }), administers);
    }
    await page.context().close();
  });
}
