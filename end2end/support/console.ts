// What a page says in the console: a sound page says nothing, and breaks no rule of its content security policy.
import type { BrowserContext, Page } from '@playwright/test';

/** Hears everything that the pages of a context complain about. */
export class Complaints {
  private readonly heard: string[] = [];
  // Who leaves a page while a part of the site is on its way breaks that off, and the loader says so.
  private readonly allowed: RegExp[] = [/WebAssembly compilation aborted: Network error: Response body loading was aborted/];

  static async of(context: BrowserContext): Promise<Complaints> {
    const complaints = new Complaints();
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', event => {
        console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    context.on('page', page => complaints.hear(page));
    return complaints;
  }

  /** Says beforehand what a test causes on purpose, like an answer with 404. */
  allow(...patterns: RegExp[]): void {
    this.allowed.push(...patterns);
  }

  all(): string[] {
    return this.heard.filter(text => !this.allowed.some(pattern => pattern.test(text)));
  }

  /** Hears a page that was there before. */
  hear(page: Page): void {
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.heard.push(`${message.type()} on ${page.url()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', error => this.heard.push(`exception on ${page.url()}: ${error.message}`));
    page.on('crash', () => this.heard.push(`crash of ${page.url()}`));
  }
}
