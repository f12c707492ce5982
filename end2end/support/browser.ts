// How the browser is started: the system's own chromium, with nothing that calls home.
import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The executable; playwright's own browser where the system has none. */
export const executablePath = process.env.CHROMIUM_PATH ?? PLACES.find(place => existsSync(place));

export const launchOptions = {
  ...(executablePath ? { executablePath } : {}),
  args: [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/** The two sizes that every page is looked at in. */
export const DESKTOP = { viewport: { width: 1440, height: 900 }, isMobile: false, hasTouch: false };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
