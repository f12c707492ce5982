// Every page at a phone's size, quickly, one after the other in one browser: nothing reaches over the edge, fingers hit what they
// aim at, and axe finds nothing in the dark. What it finds in the light, and what moves, is looked at by `looks.spec.ts` on the
// project `phone`.
import { fitsAcross, fitsFingers, isAccessible } from '../support/checks.ts';
import { alive, expect, test } from '../support/fixtures.ts';
import { PAGES } from '../support/pages.ts';

// Colours are compared when they have arrived, not on their way.
test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const stranger of [false, true]) {
  test(`every page that ${stranger ? 'a stranger' : 'an admin'} sees fits and is accessible`, async ({ page, world, complaints }) => {
    // Thirty pages in one.
    test.slow();
    complaints.allow(/status of 404/);
    if (stranger) await page.context().clearCookies();
    for (const place of PAGES.filter(({ anonymous }) => Boolean(anonymous) === stranger)) {
      await page.goto(place.path(world));
      await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
      if (await page.locator('.conn').count()) await alive(page);
      await fitsAcross(page, place.name);
      await fitsFingers(page, place.name);
      await isAccessible(page, place.name);
    }
  });
}

test('what folds on a run is as high while the page arrives as once it is there', async ({ page, world }) => {
  await page.goto(`/runs/${world.verified.id}`);
  await alive(page);
  const folds = page.locator('.fold');
  const heights = () => folds.evaluateAll(all => all.map(fold => Math.round(fold.getBoundingClientRect().height)));
  const shut = await heights();
  expect(shut.length).toBeGreaterThan(1);

  // As the server sends it, before the script in the head has shut anything.
  await page.evaluate(() => {
    delete document.documentElement.dataset.ready;
    for (const fold of document.querySelectorAll<HTMLDetailsElement>('.fold')) fold.open = true;
  });
  expect(await heights()).toEqual(shut);
});

test('the height of a short log is never guessed', async ({ page, world }) => {
  await page.goto(`/runs/${world.verified.id}`);
  const last = page.locator('.log-section[open] .log-part').last();
  await expect(last).toBeAttached();
  expect(await last.evaluate(part => getComputedStyle(part).contentVisibility)).toBe('visible');
});

test('the breadcrumb has room for the name of the project', async ({ page, world }) => {
  for (const path of [`/projects/${world.half.id}/secrets`, `/runs/${world.verified.id}`]) {
    await page.goto(path);
    const steps = page.getByRole('navigation', { name: 'Breadcrumb' });
    const project = steps.getByRole('link').filter({ visible: true }).first();
    const [bar, box] = [await steps.boundingBox(), await project.boundingBox()];
    expect(box!.width, path).toBeGreaterThan(40);
    // In the middle of the bar, not at its upper edge.
    expect(Math.abs(box!.y + box!.height / 2 - (bar!.y + bar!.height / 2)), path).toBeLessThan(2);
  }
});

test('rows say what their values are, and why a run was stopped', async ({ page, world }) => {
  await page.goto(`/projects/${world.greeter.id}?tab=runs`);
  const row = (id: string) => page.locator('main tr').filter({ has: page.locator(`a[href="/runs/${id}"]`) });
  await expect(row(world.stopped.id).locator('.place')).toBeVisible();
  await expect(row(world.stopped.id).locator('.place')).not.toBeEmpty();
  await expect(row(world.verified.id).locator('.place')).toBeHidden();

  for (const [path, column] of [['/admin/tokens', 'Until'], [`/teams/${world.team}`, 'Role']] as const) {
    await page.goto(path);
    const cell = page.locator(`main td[data-column="${column}"]`).first();
    await expect(cell).toBeVisible();
    expect(await cell.evaluate(cell => getComputedStyle(cell, '::before').content), path).not.toBe('none');
  }
});
