// One tab of Chromium on the list of projects: tells when it showed each of the names that bench.py gave to a project.
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { chromium } from '../../end2end/node_modules/playwright-core/index.mjs';

const [url, cookie] = process.argv.slice(2);
// As in end2end/support/browser.ts, which this Node may not be able to read.
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM_PATH ?? places.find(place => existsSync(place));
if (!executablePath) {
  console.log('Chromium is not installed; `make e2e` installs it');
  process.exit();
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
const context = await browser.newContext();
const [name, ...value] = cookie.split('=');
await context.addCookies([{ name, value: value.join('='), url }]);
const page = await context.newPage();
// The page's own clock is the machine's, as is the server's.
await page.addInitScript(() => {
  globalThis.shown = {};
  const look = () => {
    for (const [mark] of document.body?.textContent.matchAll(/measured-\d+-\d+/g) ?? []) globalThis.shown[mark] ??= Date.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
});
await page.goto(`${url}/projects`);
await page.locator('.conn').getByText('Live', { exact: true }).waitFor();
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await page.evaluate(() => globalThis.shown)));
await browser.close();
process.exit();
