// What is done with several rows of a table at once.
import type { Page } from '@playwright/test';
import { PHONE } from '../support/browser.ts';
import { isAccessible } from '../support/checks.ts';
import { alive, expect, test } from '../support/fixtures.ts';
import { slowTasks } from '../support/specs.ts';

const bar = (page: Page) => page.getByRole('region', { name: 'Selected rows' });
const says = (page: Page) => bar(page).getByRole('status');

test('secrets are selected with j, k and x, and removed together once it was confirmed', async ({ page, home }) => {
  for (const name of ['BULK_ONE', 'BULK_THREE', 'BULK_TWO']) await home.api.put(`/api/v2/secrets/${name}`, { value: 'a secret', uses: ['agent'] });
  await page.goto('/admin/secrets?q=bulk');
  await alive(page);
  const box = (name: string) => page.getByRole('checkbox', { name: `Select ${name}` });
  await page.keyboard.press('j');
  await expect(box('BULK_ONE')).toBeFocused();
  await page.keyboard.press('x');
  await expect(box('BULK_ONE')).toBeChecked();
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect(says(page)).toHaveText('3 selected');
  await page.keyboard.press('x');
  await expect(says(page)).toHaveText('2 selected');
  await isAccessible(page, 'the bar');

  const act = bar(page).getByRole('button', { name: /^Remove/ });
  await act.focus();
  await page.keyboard.press('Enter');
  await expect(says(page)).toContainText(/^Remove BULK_\w+, BULK_\w+\?$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: /^BULK_/ })).toHaveCount(1);
  await expect(bar(page)).toBeHidden();
});

test('what could not be done is told, and the rest is', async ({ page, home, complaints }) => {
  complaints.allow(/status of 409/);
  for (const name of ['Many one', 'Many two']) await home.api.post('/api/enterprise/tokens', { name, role: 'viewer' });
  await page.goto('/admin/tokens?q=Many');
  await alive(page);
  let asked = 0;
  await page.route('**/ui/revoke_token', route => {
    asked += 1;
    if (asked > 1) return route.continue();
    return route.fulfill({ status: 409, json: { detail: 'It is in use.', request_id: '', status: 409 } });
  });
  await page.getByRole('checkbox', { name: 'Select Many one' }).check();
  await page.getByRole('checkbox', { name: 'Select Many two' }).check();
  await bar(page).getByRole('button', { name: 'Revoke…' }).click();
  await bar(page).getByRole('button', { name: 'Revoke 2' }).click();

  await expect(says(page)).toHaveText('1 of 2 done. Many one: It is in use.');
  await expect(page.getByRole('link', { name: 'Many two' })).toHaveCount(0);
  await expect(page.getByRole('checkbox', { name: 'Select Many one' })).not.toBeChecked();
  await bar(page).getByRole('button', { name: 'Close' }).click();
  await expect(bar(page)).toBeHidden();
});

test('runs of a project are stopped together', async ({ page, home }) => {
  const project = await home.api.hasProject('Stopped together', slowTasks(6, 3));
  const runs = [await home.api.startsRun(project), await home.api.startsRun(project)];
  await page.goto(`/projects/${project.id}?tab=runs`);
  await alive(page);
  for (const run of runs) await page.getByRole('checkbox', { name: `Select run ${run.number}` }).check();
  await bar(page).getByRole('button', { name: 'Stop…' }).click();
  await bar(page).getByRole('button', { name: 'Stop 2' }).click();

  for (const run of runs) expect((await home.api.finished(run.id)).status).toBe('stopped');
  await expect(page.getByRole('checkbox', { name: /^Select run/ })).toHaveCount(0);
});

test('a selection ends with its page, and by its button', async ({ page, home }) => {
  await home.api.put('/api/v2/secrets/LEFT_ALONE', { value: 'a secret', uses: ['agent'] });
  await page.goto('/admin/secrets?q=left_alone');
  await alive(page);
  const box = page.getByRole('checkbox', { name: 'Select LEFT_ALONE' });
  await box.check();
  await bar(page).getByRole('button', { name: 'Clear selection' }).click();
  await expect(box).not.toBeChecked();
  await expect(bar(page)).toBeHidden();

  await box.check();
  await expect(says(page)).toHaveText('1 selected');
  await page.getByRole('link', { name: 'Projects', exact: true }).first().click();
  await expect(page).toHaveURL('/projects');
  await expect(bar(page)).toBeHidden();
});

test('headings and rows stand where they will before all of them have arrived', async ({ page, home }) => {
  await home.api.put('/api/v2/secrets/ARRIVES', { value: 'a secret', uses: ['agent'] });
  await page.goto('/admin/secrets?q=arrives');
  await alive(page);
  const headings = () =>
    page.locator('main thead th').evaluateAll(all =>
      all.map(heading => {
        const words = document.createRange();
        words.selectNodeContents(heading);
        return Math.round(words.getBoundingClientRect().x);
      }),
    );
  const [withRows, rows] = [await headings(), page.locator('main tbody')];
  expect(withRows.length).toBeGreaterThan(2);
  await rows.evaluate(rows => rows.replaceChildren());
  expect(await headings()).toEqual(withRows);

  await page.setViewportSize(PHONE.viewport);
  await page.reload();
  await alive(page);
  // From the last cell on they are taken away: what a browser may have painted before it had them.
  const places = await rows.locator('tr').evaluate((row: HTMLTableRowElement) => {
    const of = () => [getComputedStyle(row).display, row.cells[0]!.getBoundingClientRect().x, row.cells[0]!.offsetTop];
    const places = [of()];
    while (row.cells.length > 1) {
      row.deleteCell(-1);
      places.push(of());
    }
    return places;
  });
  expect(places.length).toBeGreaterThan(2);
  for (const place of places) expect(place).toEqual(places[0]);
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('rows have their own buttons alone', async ({ page, home }) => {
    await home.api.put('/api/v2/secrets/PLAIN_ROW', { value: 'a secret', uses: ['agent'] });
    await page.goto('/admin/secrets?q=plain_row');
    await expect(page.getByRole('button', { name: 'Remove PLAIN_ROW' })).toBeVisible();
    await expect(page.getByRole('checkbox', { name: 'Select PLAIN_ROW' })).toBeHidden();
  });
});
