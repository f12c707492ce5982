// Everything is one origin with one login: no page asks another server, another port or a second sign-in.
import { alive, expect, test } from '../support/fixtures.ts';

// S3-01, S3-02, S3-07
test('board, runs, settings and administration share origin, socket and login', async ({ page, home, world }) => {
  const origin = new URL(home.server.url);
  const foreign: string[] = [];
  const sockets = new Set<string>();
  const hears = (url: string) => {
    const { host, protocol } = new URL(url);
    if (protocol !== 'data:' && protocol !== 'blob:' && host !== origin.host) foreign.push(url);
  };
  page.on('request', request => hears(request.url()));
  page.on('websocket', socket => {
    hears(socket.url());
    sockets.add(new URL(socket.url()).pathname);
  });
  page.on('response', response => {
    if (response.headers()['access-control-allow-origin']) foreign.push(`${response.url()} allows other origins`);
  });

  const places = ['/projects', `/projects/${world.greeter.id}`, `/runs/${world.verified.id}`, '/runs', '/templates', '/admin/users', '/profile'];
  for (const place of places) {
    await page.goto(place);
    await alive(page);
    await expect(page).toHaveURL(new RegExp(`${place}$`));
  }
  expect(foreign).toEqual([]);
  expect([...sockets]).toEqual(['/ws']);
  expect((await page.context().cookies()).map(cookie => cookie.domain)).toEqual([origin.hostname]);
});
