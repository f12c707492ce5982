// The log of a run that is over: steps that fold, colours, and more lines than anybody reads.
import type { Page } from '@playwright/test';
import { type Home, alive, expect, test } from '../support/fixtures.ts';
import { misbehaves } from '../support/specs.ts';

/** The page of a run in which the demo agent misbehaved, and the step in which it did. */
async function ranBadly(page: Page, { api }: Home, how: string) {
  const project = await api.hasProject(`Ran with ${how}`, misbehaves(how));
  const run = await api.finished((await api.startsRun(project)).id);
  await page.goto(`/runs/${run.id}`);
  await alive(page);
  const log = page.getByRole('region', { name: 'Log' });
  const act = log.locator('details').filter({ has: page.locator('summary .name', { hasText: /^1 · Act$/ }) });
  return { log, act };
}

test('a step unfolds and folds, and what an agent said in colour is in colour', async ({ page, home }) => {
  const { act } = await ranBadly(page, home, 'escapes');
  const line = act.locator('.ln', { hasText: 'redlink' });
  // Of a run that is over the last step is open alone.
  await expect(line).toBeHidden();

  const head = act.locator('summary');
  await head.click();
  await expect(line).toBeVisible();
  const words = line.locator('.f1');
  await expect(words).toHaveText('redlink');
  const [red, plain] = await words.evaluate(words => [words, words.closest('.log')!].map(element => getComputedStyle(element).color));
  expect(red).not.toBe(plain);

  await head.focus();
  await page.keyboard.press('Enter');
  await expect(line).toBeHidden();
});

test('a log of thousands of lines is searched, scrolled and read from its beginning', async ({ page, home }) => {
  const { log, act } = await ranBadly(page, home, 'flood=1');
  const older = log.getByRole('button', { name: 'Load older lines' });
  await expect(older).toBeVisible();
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search the log' })).toBeFocused();
  await page.keyboard.type('DULL agent');
  const count = page.getByRole('search').getByRole('status');
  await expect(count).toHaveText(/^\d{4,5}\+? found$/);
  await page.keyboard.press('Enter');
  await expect(count).toHaveText(/^1 of/);
  await expect(act).toHaveAttribute('open');
  await expect(log.locator('.chosen mark')).toBeInViewport();

  // What comes into view is drawn, also far from what was.
  const first = await log.locator('.chosen').getAttribute('id');
  await log.hover();
  await page.mouse.wheel(0, 40_000);
  await expect(log.locator(`[id="${first}"]`)).not.toBeInViewport();
  const inTheMiddle = () =>
    log.evaluate(log => {
      const { x, y, width, height } = log.getBoundingClientRect();
      return document.elementFromPoint(x + width / 2, y + height / 2)?.closest('.ln')?.textContent ?? '';
    });
  await expect.poll(inTheMiddle).toContain('All work and no play makes a dull agent.');

  await log.evaluate(log => log.scrollTo(0, 0));
  await older.click();
  await expect(older).toHaveCount(0);
});
