// A server that lets people in as GitHub does: OAuth without ID tokens, and the few addresses of its REST API that are asked.
import { createHash, randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server as HttpServer, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Site } from './providers.ts';
import { Server } from './server.ts';

const CLIENT = { id: 'Iv1.0123456789abcdef', secret: 'a secret of loki and GitHub' };
const AUTHORIZE = '/login/oauth/authorize';

/** Somebody with an account there. */
export type Account = {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean }[];
  organisations: string[];
  /** As GitHub writes them: `organisation/team`. */
  teams: string[];
};

/** What a code stands for until it is redeemed, once. */
type Granted = { login: string; back: string; challenge: string };

/** The server at GitHub's place, and the loki that lets people in by it. */
export class GitHub {
  readonly url: string;
  private readonly http: HttpServer;
  private readonly accounts = new Map<string, Account>();
  private readonly codes = new Map<string, Granted>();
  private readonly tokens = new Map<string, string>();

  private constructor(http: HttpServer) {
    this.http = http;
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    http.on('request', (request, response) => {
      this.answer(request, response).catch(error => response.writeHead(500).end(String(error)));
    });
  }

  /** People of `example.org` are let in; the team platform of acme may start runs. */
  static async start(): Promise<Site<GitHub>> {
    const http = createServer();
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
    const github = new GitHub(http);
    const server = await Server.start({
      LOKI_SIGN_IN: 'github',
      LOKI_SIGN_IN_GITHUB_KIND: 'github',
      LOKI_SIGN_IN_GITHUB_ISSUER: github.url,
      LOKI_SIGN_IN_GITHUB_CLIENT_ID: CLIENT.id,
      LOKI_SIGN_IN_GITHUB_CLIENT_SECRET: CLIENT.secret,
      LOKI_SIGN_IN_GITHUB_PROVISIONING: 'open',
      LOKI_SIGN_IN_GITHUB_ALLOWED_DOMAINS: 'example.org',
      LOKI_SIGN_IN_GITHUB_ROLES: 'acme/platform=operator',
    });
    return { provider: github, server };
  }

  /** Makes an account, or changes one. Its verified address is at `example.org` unless something else is said. */
  has(login: string, more: Partial<Account> = {}): void {
    const known = this.accounts.get(login);
    const emails = [
      { email: `${login}@home.example`, primary: true, verified: true },
      { email: `${login}@example.org`, primary: false, verified: true },
    ];
    const fresh = { id: 1000 + this.accounts.size, login, name: null, emails, organisations: [], teams: [] };
    this.accounts.set(login, { ...fresh, ...known, ...more });
  }

  stop(): void {
    this.http.closeAllConnections();
    this.http.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const asked = `${request.method} ${url.pathname}`;
    if (asked === `GET ${AUTHORIZE}`) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(url.search));
    } else if (asked === `POST ${AUTHORIZE}`) {
      const form = new URLSearchParams(await body(request));
      response.writeHead(302, { location: this.decide(url.searchParams, form) }).end();
    } else if (asked === 'POST /login/oauth/access_token') {
      json(response, 200, this.redeem(new URLSearchParams(await body(request))));
    } else if (url.pathname.startsWith('/api/v3/')) {
      this.api(url.pathname.slice('/api/v3'.length), request, response);
    } else {
      response.writeHead(url.pathname === '/favicon.ico' ? 204 : 404).end();
    }
  }

  /** Where the person goes after they said who they are, or that they do not want to. */
  private decide(asked: URLSearchParams, form: URLSearchParams): string {
    const back = new URL(asked.get('redirect_uri') ?? '');
    back.searchParams.set('state', asked.get('state') ?? '');
    if (form.get('answer') === 'cancel') {
      back.searchParams.set('error', 'access_denied');
      return back.href;
    }
    const fits =
      asked.get('client_id') === CLIENT.id && asked.get('response_type') === 'code' && asked.get('code_challenge_method') === 'S256';
    if (!fits) throw new Error(`this is no question of loki's: ${asked}`);
    const code = randomUUID().replaceAll('-', '').slice(0, 20);
    this.codes.set(code, {
      login: form.get('login') ?? '',
      back: asked.get('redirect_uri') ?? '',
      challenge: asked.get('code_challenge') ?? '',
    });
    back.searchParams.set('code', code);
    return back.href;
  }

  /** A token for a code. What is wrong is said with status 200. */
  private redeem(form: URLSearchParams): unknown {
    const code = form.get('code') ?? '';
    const granted = this.codes.get(code);
    this.codes.delete(code);
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    const isLoki = form.get('client_id') === CLIENT.id && form.get('client_secret') === CLIENT.secret;
    if (!isLoki) return { error: 'incorrect_client_credentials', error_description: 'The client_id and/or client_secret passed are incorrect.' };
    if (!granted || granted.challenge !== challenge || granted.back !== form.get('redirect_uri')) {
      return { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' };
    }
    const token = `gho_${randomUUID().replaceAll('-', '')}`;
    this.tokens.set(token, granted.login);
    return { access_token: token, token_type: 'bearer', scope: 'read:org,read:user,user:email' };
  }

  private api(path: string, request: IncomingMessage, response: ServerResponse): void {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const account = this.accounts.get(this.tokens.get(token) ?? '');
    if (!account) return json(response, 401, { message: 'Bad credentials' });
    const { id, login, name, emails, organisations, teams } = account;
    const answers: Record<string, unknown> = {
      '/user': { id, login, name, type: 'User', site_admin: false },
      '/user/emails': emails.map(email => ({ ...email, visibility: email.primary ? 'private' : null })),
      '/user/orgs': organisations.map((login, place) => ({ id: place + 1, login })),
      '/user/teams': teams.map(team => {
        const [organisation, slug] = team.split('/');
        return { slug, name: slug, organization: { login: organisation } };
      }),
    };
    const answer = answers[path];
    if (answer === undefined) json(response, 404, { message: 'Not Found' });
    else json(response, 200, answer);
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Asks who it is and whether loki may know. The question stays in the address. */
function page(search: string): string {
  const action = `${AUTHORIZE}${search}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<!doctype html><html lang="en"><title>Authorize loki</title><main><h1>Authorize loki</h1>
    <form method="post" action="${action}">
      <label>Username <input name="login" autocomplete="off"></label>
      <button name="answer" value="yes">Authorize</button> <button name="answer" value="cancel">Cancel</button>
    </form></main></html>`;
}
