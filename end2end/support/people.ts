// People with accounts of their own, each in a browser of their own.
import type { Browser, Page } from '@playwright/test';
import type { Complaints } from './console.ts';
import { ADMIN, alive, expect, fillSetup } from './fixtures.ts';
import type { Server } from './server.ts';

export const ROLES = ['admin', 'operator', 'viewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** An account with the password that everybody has. */
export function makesPerson(server: Server, email: string, role: Role): void {
  server.loki(['user', 'create', '--email', email, '--role', role, '--password-stdin'], ADMIN.password);
}

/** A page of somebody new, signed in. */
export async function pageOf(browser: Browser, server: Server, email: string, role: Role, more = {}): Promise<Page> {
  makesPerson(server, email, role);
  const context = await browser.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] }, ...more });
  const page = await context.newPage();
  await page.goto('/login');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${server.url}/`);
  return page;
}

/** Makes the first account, which nobody is signed in to afterwards. */
export async function setsUp(page: Page, server: Server): Promise<void> {
  await page.goto(server.setupLink!);
  await fillSetup(page);
  await page.waitForURL(`${server.url}/`);
  await forgetsLogin(page);
}

/** Forgets who is signed in, away from the page, since what it still asks for would be refused. */
export async function forgetsLogin(page: Page): Promise<void> {
  await page.goto('about:blank');
  await page.context().clearCookies();
}

/** Signs out by the menu, once the page asks for nothing more. Its socket ends with the login, and may be tried once more. */
export async function signsOut(page: Page, complaints: Complaints): Promise<void> {
  complaints.allow(/WebSocket connection .* failed/);
  await page.waitForLoadState('networkidle');
  await page.locator('.menu > summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login$/);
}

/** What the menu says of who is signed in. It stays open. */
export async function whoIs(page: Page): Promise<string> {
  await alive(page);
  await page.locator('.menu > summary').click();
  return (await page.locator('.menu-items').textContent()) ?? '';
}
