// The main job with the keyboard alone.
import type { Locator, Page } from '@playwright/test';
import { alive, expect, test } from '../support/fixtures.ts';
import { RunPage } from '../support/run-page.ts';

/** Presses Tab until the focus is where it should be; everything passed on the way must show that it has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate(element => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
    const hidden = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const style = getComputedStyle(element);
      const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      const box = element.getBoundingClientRect();
      const inView = box.bottom > 0 && box.top < innerHeight && box.width > 0;
      return shown && inView ? undefined : `${element.outerHTML.slice(0, 160)} has no visible focus (${style.outline})`;
    });
    expect(hidden).toBeUndefined();
  }
  throw new Error(`the Tab key does not reach ${target}`);
}

test('a project is made and a run watched without a mouse', async ({ page }) => {
  await page.goto('/projects');
  await alive(page);

  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('#content')).toBeFocused();

  await tabTo(page, page.getByRole('link', { name: 'New project' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/projects/new');
  await tabTo(page, page.getByLabel('Name', { exact: true }));
  await page.keyboard.type('Keyboard');
  const source = page.getByRole('radio', { name: /^Spec/ });
  await tabTo(page, source);
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: /^One-line brief/ })).toBeChecked();
  await tabTo(page, page.getByLabel('Brief', { exact: true }));
  await page.keyboard.type('`hi NAME` prints `Hi, NAME`');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Keyboard');

  const start = page.getByRole('button', { name: 'Start run' });
  await expect(start).toBeVisible();
  await tabTo(page, start);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/runs\//);
  const run = new RunPage(page);
  await run.is(/^verified$/i, 45_000);

  await tabTo(page, run.tab('Receipt'));
  await page.keyboard.press('Enter');
  await expect(run.tab('Receipt')).toHaveAttribute('aria-current', 'page');
  await expect(run.panel).toContainText('loki receipt verify');
});
