// The real binary as a process of its own: fresh data directory, free port, stopped with everything that it started.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Api } from './api.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const BINARY = path.resolve(process.env.LOKI_BIN ?? path.join(HERE, '../../target/debug/loki'));
const STARTS_WITHIN = 60_000;

/** How the demo agent behaves in tests: each update takes a moment, and a spec may ask for misbehaviour. */
const DEMO = '--pace 15 --misbehave-from-prompt';

/** A `loki serve` on a data directory of its own. */
export class Server {
  url = '';
  /** The one-time link of the last start, while nobody has an account. */
  setupLink: string | undefined;
  private child: ChildProcess | undefined;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'loki-end2end-'));
  private readonly port: number;
  private readonly variables: Record<string, string>;

  private constructor(port: number, variables: Record<string, string>) {
    this.port = port;
    this.variables = variables;
  }

  static async start(variables: Record<string, string> = {}): Promise<Server> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: build it, or name it in LOKI_BIN`);
    const server = new Server(await freePort(), variables);
    await server.start();
    return server;
  }

  get dataDir(): string {
    return path.join(this.folder, 'data');
  }

  private get logFile(): string {
    return path.join(this.folder, 'log');
  }

  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  /** Starts it, the second time on the same port and data directory. */
  async start(): Promise<void> {
    const child = spawn(BINARY, ['serve', '--listen', `127.0.0.1:${this.port}`, '--data-dir', this.dataDir], {
      env: environment({ LOKI_DEMO_AGENT_ARGS: DEMO, LOKI_LIMITS: 'off', LOKI_GALLERY: '1', ...this.variables }),
      stdio: ['ignore', 'pipe', openSync(this.logFile, 'a')],
    });
    this.child = child;
    this.url = `http://127.0.0.1:${this.port}`;
    const said: string[] = [];
    createInterface({ input: child.stdout! }).on('line', line => {
      said.push(line);
      if (line.includes('/setup?token=')) this.setupLink = line.trim();
    });
    const ended = Date.now() + STARTS_WITHIN;
    while (!(await this.answers())) {
      if (child.exitCode !== null || Date.now() > ended) {
        throw new Error(`the server did not start:\n${said.join('\n')}\n${this.log}`);
      }
      await pause(25);
    }
  }

  /** Ends it as `kill -9` does; what it had started ends with it or is killed by the next start. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Ends it and everything below it for good, and removes its data. */
  async stop(): Promise<void> {
    const pid = this.child?.pid;
    const tree = pid === undefined ? [] : below(pid);
    await this.kill();
    for (const process of tree) end(process);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The command line on this server's data. */
  loki(words: string[], input = ''): string {
    return execFileSync(BINARY, words, { env: environment({ LOKI_DATA_DIR: this.dataDir }), input, encoding: 'utf8', stdio: 'pipe' });
  }

  /** The API with a token of its own. */
  api(role = 'admin'): Api {
    const secret = this.loki(['token', 'create', '--name', `tests ${role}`, '--role', role]).trim();
    return new Api(this.url, secret);
  }

  private async answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health`)).ok;
    } catch {
      return false;
    }
  }
}

function environment(more: Record<string, string>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR'].flatMap(name => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...more };
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

type Process = { pid: number; parent: number; started: string };

function read(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; the fields begin behind the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(fields[1]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** Everything below a process, itself left out. */
function below(pid: number): Process[] {
  const all = readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(name => read(Number(name)) ?? []);
  const children = (parent: number): Process[] =>
    all.filter(process => process.parent === parent).flatMap(process => [process, ...children(process.pid)]);
  return children(pid);
}

function end(process_: Process): void {
  // The start time tells it from a later process with the same number.
  if (read(process_.pid)?.started !== process_.started) return;
  try {
    process.kill(process_.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
