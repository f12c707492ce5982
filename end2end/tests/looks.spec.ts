// Every page, at both sizes and in both themes: axe finds nothing, nothing moves while the page comes alive, nothing
// reaches over the edge, fingers hit what they aim at, and the console stays silent.
import { RULES, fitsAcross, fitsFingers, hasNotShifted, isAccessible, watchShifts } from '../support/checks.ts';
import { alive, expect, test } from '../support/fixtures.ts';
import { PAGES } from '../support/pages.ts';
import { slow } from '../support/specs.ts';

// Colours are compared when they have arrived, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const place of PAGES) {
  test(`${place.name} is sound`, async ({ page, world, complaints, hasTouch }) => {
    if (place.status) complaints.allow(new RegExp(`status of ${place.status}`));
    if (place.anonymous) await page.context().clearCookies();
    await watchShifts(page);
    await page.goto(place.path(world));
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    if (await page.locator('.conn').count()) await alive(page);
    await page.waitForLoadState('networkidle');

    await hasNotShifted(page, place.name);
    await fitsAcross(page, place.name);
    if (hasTouch) await fitsFingers(page, place.name);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await isAccessible(page, `${place.name}, ${colorScheme}`);
    }
  });
}

test('what stands in a line stands there before the rest of it has arrived', async ({ page }) => {
  const lines = [
    ['/admin/tokens', '.top'],
    ['/admin/tokens', '.list-head .tabs'],
    ['/admin/tokens', '.list-head'],
    ['/runs', '.page-head .tabs'],
    ['/runs', '.page-head'],
  ] as const;
  for (const [path, line] of lines) {
    await page.goto(path);
    await alive(page);
    // From the last one on they are taken away: what a browser may have painted before it had them.
    const places = await page.locator(line).evaluate(element => {
      const shown = [...element.children].filter(child => child.getClientRects().length > 0);
      return shown.map((_, taken) => {
        if (taken) shown.at(-taken)!.remove();
        return shown.slice(0, shown.length - taken).map(child => Math.round(child.getBoundingClientRect().x));
      });
    });
    expect(places[0]!.length, line).toBeGreaterThan(1);
    for (const fewer of places) expect(fewer, line).toEqual(places[0]!.slice(0, fewer.length));
  }
});

test('a line of a receipt shows once both of its ends have arrived', async ({ page, world }) => {
  await page.goto(`/runs/${world.verified.id}?tab=receipt`);
  await alive(page);
  const line = page.locator('.till-line').first();
  await expect(line).toBeVisible();
  // What is between them comes last.
  await line.evaluate(element => element.lastElementChild!.remove());
  await expect(line).toBeHidden();
});

test('a run that works is sound', async ({ page, home, hasTouch }, info) => {
  const project = await home.api.hasProject(`Looked at on ${info.project.name}`, slow(30));
  const started = await home.api.startsRun(project);
  await home.api.runThat(started.id, 'works', run => run.status === 'working');
  await page.goto(`/runs/${started.id}`);
  await alive(page);
  await expect(page.locator('.run-center .ln').nth(3)).toBeVisible();

  await fitsAcross(page, 'run');
  if (hasTouch) await fitsFingers(page, 'run');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await isAccessible(page, `a run that works, ${colorScheme}`);
  }
  await home.api.control('stop', started);
});

test('what opens over a page is sound', async ({ page, world, hasTouch }) => {
  await page.goto(`/runs/${world.verified.id}`);
  await alive(page);
  const check = async (what: string) => {
    await fitsAcross(page, what);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await isAccessible(page, `${what}, ${colorScheme}`);
    }
  };
  await page.getByRole('button', { name: 'Search or run a command' }).click();
  await check('palette');
  await page.keyboard.press('Escape');
  await page.locator('.menu > summary').click();
  await check('menu');
  await page.keyboard.press('Escape');
  if (!hasTouch) {
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await check('keys');
  }
});

test('the gallery of atoms is sound', async ({ page }) => {
  await page.goto('/gallery');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Gallery');
  await fitsAcross(page, 'gallery');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    // It shows everything twice, so landmarks have the same names.
    await isAccessible(page, `gallery, ${colorScheme}`, RULES);
  }
});
