// A certified OpenID Connect provider, with its own pages for signing in, consent and signing out.
import { type Server as HttpServer, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
// @ts-expect-error It has no types of its own.
import Provider from 'oidc-provider';
import type { Site } from './providers.ts';
import { Server } from './server.ts';

const SECRET = 'a secret of loki and the issuer';

/** The issuer and the server that lets people in by it. */
export class Issuer {
  /** Groups by the name that somebody signs in with. */
  readonly groups = new Map<string, string[]>();
  readonly url: string;
  private readonly http: HttpServer;

  private constructor(http: HttpServer) {
    this.http = http;
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Site<Issuer>> {
    const http = createServer();
    await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve));
    const issuer = new Issuer(http);
    const server = await Server.start({
      LOKI_SIGN_IN: 'corp',
      LOKI_SIGN_IN_CORP_NAME: 'Example Corp',
      LOKI_SIGN_IN_CORP_KIND: 'oidc',
      LOKI_SIGN_IN_CORP_ISSUER: issuer.url,
      LOKI_SIGN_IN_CORP_CLIENT_ID: 'loki',
      LOKI_SIGN_IN_CORP_CLIENT_SECRET: SECRET,
      LOKI_SIGN_IN_CORP_SCOPES: 'openid,profile,email,groups',
      LOKI_SIGN_IN_CORP_PROVISIONING: 'open',
      LOKI_SIGN_IN_CORP_ROLES: 'developers=operator',
    });
    const callback = issuer.provider(server.url).callback();
    http.on('request', (request, response) => {
      if (request.url === '/favicon.ico') response.writeHead(204).end();
      else callback(request, response);
    });
    return { provider: issuer, server };
  }

  stop(): void {
    this.http.closeAllConnections();
    this.http.close();
  }

  private provider(loki: string) {
    const claims = (id: string) => ({
      sub: id,
      name: `${id[0]!.toUpperCase()}${id.slice(1)}`,
      email: `${id}@example.org`,
      email_verified: true,
      groups: this.groups.get(id) ?? [],
    });
    return new Provider(this.url, {
      clients: [
        {
          client_id: 'loki',
          client_secret: SECRET,
          redirect_uris: [`${loki}/login/callback/corp`],
          post_logout_redirect_uris: [`${loki}/login`],
          backchannel_logout_uri: `${loki}/logout/back-channel/corp`,
          backchannel_logout_session_required: true,
        },
      ],
      claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
      cookies: { keys: ['for the tests alone'] },
      features: { backchannelLogout: { enabled: true } },
      // Its own way to ask refuses this machine, where loki is.
      fetch: (url: string, options: RequestInit & { dispatcher?: unknown }) => fetch(url, { ...options, dispatcher: undefined } as RequestInit),
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => claims(id) }),
    });
  }
}
