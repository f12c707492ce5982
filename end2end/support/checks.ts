// What is held true of every page.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from '@playwright/test';

export const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Nothing that axe finds; what it holds for good practice counts too unless `rules` says otherwise. */
export async function isAccessible(page: Page, what: string, rules = [...RULES, 'best-practice']): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n').slice(1).join(' ').trim()}`),
  );
  expect.soft(found, `${what}: axe`).toEqual([]);
}

/** Notes what moves, from the first byte on. Called before the page is opened. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shifts: string[] = [];
    Object.assign(window, { shifts });
    type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node | null }[] };
    const observer = new PerformanceObserver(list => {
      for (const entry of list.getEntries() as Shift[]) {
        // A shift of a thousandth of what counts as good is nothing that eyes see.
        if (entry.hadRecentInput || entry.value < 0.0001) continue;
        const nodes = entry.sources.map(({ node }) => (node instanceof Element ? node.outerHTML.slice(0, 120) : node?.nodeName));
        shifts.push(`${entry.value.toFixed(5)} ${nodes.join(' | ')}`);
      }
    });
    observer.observe({ type: 'layout-shift', buffered: true });
  });
}

/** Nothing moved. */
export async function hasNotShifted(page: Page, what: string): Promise<void> {
  // Two frames, so that what was drawn last is in.
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  const shifts = await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts);
  expect.soft(shifts, `${what}: layout shifts`).toEqual([]);
}

/** The page is no wider than the window. */
export async function fitsAcross(page: Page, what: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width && window.innerWidth <= screen.width) return [];
    const clipped = (element: Element): boolean => {
      for (let at = element.parentElement; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== 'visible' && at !== document.body && at !== document.documentElement) return true;
      }
      return false;
    };
    const over = [...document.body.querySelectorAll('*')].filter(element => element.getBoundingClientRect().right > width + 0.5 && !clipped(element));
    return [`${document.documentElement.scrollWidth} of ${width} px`, ...over.slice(0, 5).map(element => element.outerHTML.slice(0, 140))];
  });
  expect.soft(wide, `${what}: sideways scroll`).toEqual([]);
}

/** What one touches is large enough for a finger: 44 px, but for links within text. */
export async function fitsFingers(page: Page, what: string): Promise<void> {
  const small = await page.evaluate(() => {
    const targets = document.querySelectorAll('button, summary, select, textarea, input:not([type=hidden]), a.btn, a.item, nav a, a.menu-item, a.inbox, .rows th a');
    return [...targets].flatMap(element => {
      // A control in a label is as large as the label.
      const target = element.matches('input[type=radio], input[type=checkbox]') ? (element.closest('label') ?? element) : element;
      const box = target.getBoundingClientRect();
      const style = getComputedStyle(element);
      const shown = box.width > 1 && box.height > 1 && style.visibility === 'visible' && !element.closest('.skip, .crumbs');
      const enough = box.height >= 43.5 && box.width >= 43.5;
      return shown && !enough ? [`${Math.round(box.width)}×${Math.round(box.height)} ${element.outerHTML.slice(0, 110)}`] : [];
    });
  });
  expect.soft(small, `${what}: targets under 44 px`).toEqual([]);
}
