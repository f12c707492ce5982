// What the first page costs over the wire.
import { alive, expect, test } from '../support/fixtures.ts';

const BUDGET = 200_000;

test('the first load of the projects page is at most 200 kB', async ({ page, freshHome }, info) => {
  // A server of its own: rows that other tests made are no part of the interface.
  const { server, state } = freshHome;
  await page.context().addCookies(state.cookies);
  const answers: Promise<{ what: string; bytes: number }>[] = [];
  page.on('requestfinished', request => {
    answers.push(request.sizes().then(sizes => ({ what: new URL(request.url()).pathname, bytes: sizes.responseBodySize })));
  });
  await page.goto(`${server.url}/projects`);
  await alive(page);
  await page.waitForLoadState('networkidle');

  const sizes = await Promise.all(answers);
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { what, bytes } of sizes) console.log(`${String(bytes).padStart(9)} bytes  ${what}`);
  console.log(`${String(total).padStart(9)} bytes  first load of /projects, of ${BUDGET}`);
  info.annotations.push({ type: 'first load', description: `${total} bytes` });
  expect(total).toBeLessThanOrEqual(BUDGET);
});

test('files whose names hold their hash are kept for ever, and come compressed', async ({ page }) => {
  const files: { path: string; cache: string; encoding: string }[] = [];
  page.on('response', response => {
    const path = new URL(response.url()).pathname;
    const headers = response.headers();
    if (path.startsWith('/pkg/')) {
      files.push({ path, cache: headers['cache-control'] ?? '', encoding: headers['content-encoding'] ?? '' });
    }
  });
  await page.goto('/projects');
  await alive(page);

  expect(files.length).toBeGreaterThanOrEqual(3);
  for (const { path, cache, encoding } of files) {
    expect(cache, path).toContain('immutable');
    expect(['br', 'gzip'], path).toContain(encoding);
  }
});
