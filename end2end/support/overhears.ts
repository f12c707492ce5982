// What a page hears by its socket, for tests of what it then does not do.
import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';

/**
 * Keeps what the page's socket hears, before the page itself hears it; called before the page is opened. What it answers waits
 * for a message with all of some words.
 */
export async function overhears(page: Page): Promise<(...words: string[]) => Promise<void>> {
  await page.addInitScript(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener('message', message => heard.push(String(message.data)));
      }
    };
  });
  const hasHeard = (words: string[]) =>
    page.evaluate(words => {
      const { heard } = window as unknown as { heard: string[] };
      return heard.some(text => words.every(word => text.includes(word)));
    }, words);
  return async (...words) => {
    await expect.poll(() => hasHeard(words), words.join(' ')).toBe(true);
  };
}

/**
 * By then the page has looked whether it may read anew what it heard of. It does so at once, or half a second after it last looked
 * before, and of two timers as long as each other the later one ends later.
 */
export async function hasLooked(page: Page): Promise<void> {
  await page.evaluate(() => new Promise(done => setTimeout(done, 500)));
}
