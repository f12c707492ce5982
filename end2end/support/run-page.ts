// The page of a run, as people find their way around it.
import type { Locator, Page } from '@playwright/test';
import { expect } from '@playwright/test';

export type Tab = 'Log' | 'Tasks' | 'Diff' | 'Gates' | 'Receipt';

export class RunPage {
  constructor(readonly page: Page) {}

  /** The chip beside the title. */
  get state(): Locator {
    return this.page.locator('.run-what .chip').first();
  }

  get panel(): Locator {
    return this.page.locator('.run-center');
  }

  get timeline(): Locator {
    return this.page.locator('.phases');
  }

  tab(tab: Tab): Locator {
    return this.page.getByRole('navigation', { name: 'Parts of the run' }).getByRole('link', { name: new RegExp(`^${tab}`) });
  }

  async open(tab: Tab): Promise<void> {
    await this.tab(tab).click();
    await expect(this.tab(tab)).toHaveAttribute('aria-current', 'page');
  }

  async is(state: RegExp, timeout = 30_000): Promise<void> {
    await expect(this.state).toHaveText(state, { timeout });
  }

  /** The text of all lines of the log in order, without white space; unfolds them first. */
  async logText(): Promise<string> {
    await this.page.evaluate(() => {
      const log = document.querySelector<HTMLElement>('#log');
      // What is far outside of the view is not drawn, so everything is brought into view.
      if (log) Object.assign(log.style, { height: 'auto', maxHeight: 'none' });
      for (const section of document.querySelectorAll<HTMLDetailsElement>('#log details')) section.open = true;
    });
    const lines = await this.page.locator('#log .ln > span').allTextContents();
    return lines.join('').replace(/\s+/g, '');
  }
}
