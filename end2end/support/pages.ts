// Every page that there is, for what is held true of all of them.
import type { World } from './fixtures.ts';

export type Place = {
  name: string;
  path: (world: World) => string;
  /** Seen by a stranger. */
  anonymous?: true;
  status?: 404;
};

export const PAGES: Place[] = [
  { name: 'login', path: () => '/login', anonymous: true },
  { name: 'login-refused', path: () => '/login?error=credentials&email=ada%40example.org', anonymous: true },
  { name: 'setup', path: () => '/setup?token=0123456789abcdef', anonymous: true },
  { name: 'forgot', path: () => '/forgot', anonymous: true },
  { name: 'reset', path: world => world.reset, anonymous: true },
  { name: 'invite', path: world => world.invitation, anonymous: true },
  { name: 'home', path: () => '/' },
  { name: 'projects', path: () => '/projects' },
  { name: 'new-project', path: () => '/projects/new' },
  { name: 'new-project-template', path: () => '/projects/new?template=cli-tool' },
  { name: 'project', path: world => `/projects/${world.greeter.id}` },
  { name: 'project-runs', path: world => `/projects/${world.greeter.id}?tab=runs` },
  { name: 'project-settings', path: world => `/projects/${world.greeter.id}?tab=settings` },
  { name: 'runs', path: () => '/runs' },
  { name: 'run-log', path: world => `/runs/${world.verified.id}` },
  { name: 'run-tasks', path: world => `/runs/${world.verified.id}?tab=tasks` },
  { name: 'run-diff', path: world => `/runs/${world.verified.id}?tab=diff` },
  { name: 'run-diff-split', path: world => `/runs/${world.verified.id}?tab=diff&view=split` },
  { name: 'run-gates', path: world => `/runs/${world.verified.id}?tab=gates` },
  { name: 'run-receipt', path: world => `/runs/${world.verified.id}?tab=receipt` },
  { name: 'run-not-verified', path: world => `/runs/${world.notVerified.id}?tab=receipt` },
  { name: 'run-stopped', path: world => `/runs/${world.stopped.id}` },
  { name: 'templates', path: () => '/templates' },
  { name: 'template', path: () => '/templates/cli-tool' },
  { name: 'profile', path: () => '/profile' },
  { name: 'people', path: () => '/admin/users' },
  { name: 'people-nobody-found', path: () => '/admin/users?q=nobody%20has%20this' },
  { name: 'person', path: world => `/admin/users/${world.person}` },
  { name: 'token', path: world => `/admin/tokens/${world.token}` },
  { name: 'invite-with-account', path: world => world.invitation },
  { name: 'confirm', path: () => '/account/confirm' },
  { name: 'ways-in', path: () => '/account/sign-in-methods' },
  { name: 'factors', path: () => '/profile/factors' },
  { name: 'teams', path: () => '/teams' },
  { name: 'team', path: world => `/teams/${world.team}` },
  { name: 'team-secrets', path: world => `/teams/${world.team}/secrets` },
  { name: 'project-sharing', path: world => `/projects/${world.greeter.id}/sharing` },
  { name: 'project-secrets', path: world => `/projects/${world.greeter.id}/secrets` },
  { name: 'secrets', path: () => '/admin/secrets' },
  { name: 'api', path: () => '/docs' },
  { name: 'not-found', path: () => '/nowhere', status: 404 },
];
