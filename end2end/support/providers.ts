// Somebody who lets people in and the loki that believes them, for as long as one test runs.
import type { Page } from '@playwright/test';
import type { Complaints } from './console.ts';
import { setsUp } from './people.ts';
import type { Server } from './server.ts';

/** A provider that runs here, and the server that lets people in by it. */
export type Site<Provider extends { stop(): void }> = { provider: Provider; server: Server };

/** A browser in which nobody is signed in. */
export const NOBODY = { storageState: { cookies: [], origins: [] } };

/** Makes the first account, lets the test have both, and ends them. */
export async function forOneTest<Provider extends { stop(): void }>(
  { page, complaints }: { page: Page; complaints: Complaints },
  site: Site<Provider>,
  use: (site: Site<Provider>) => Promise<void>,
): Promise<void> {
  // The socket of a page whose login is gone.
  complaints.allow(/WebSocket connection .* failed/);
  try {
    await setsUp(page, site.server);
    await use(site);
  } finally {
    site.provider.stop();
    await site.server.stop();
  }
}
