// The API, for what a test needs before it looks at a page.
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE = 60_000;

export type Project = { id: string; name: string; status: string; problem: string | null; path: string; branch: string | null };
export type Run = {
  id: string;
  status: string;
  verdict: string | null;
  reason: string | null;
  iteration: number;
  number: number;
  branch: string | null;
};

/** A client with a token. */
export class Api {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async get<T>(path: string): Promise<T> {
    return this.send('GET', path);
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return this.send('POST', path, body);
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return this.send('PUT', path, body);
  }

  async remove(path: string): Promise<void> {
    await this.send('DELETE', path);
  }

  /** Makes a project and waits until its repository is there. */
  async hasProject(name: string, spec?: string, more: Record<string, unknown> = {}): Promise<Project> {
    const project = await this.post<Project>('/api/projects', { name, ...(spec ? { prd_text: spec } : {}), ...more });
    return this.eventually(
      `project ${name} is ready`,
      () => this.get<Project>(`/api/projects/${project.id}`),
      project => project.status === 'ready',
    );
  }

  /** Starts a run of the demo agent on the project's own spec. */
  async startsRun(project: Project, more: Record<string, unknown> = {}): Promise<Run> {
    const body = { project_id: project.id, provider: 'demo', ...more };
    const { run_id } = await this.post<{ run_id: string }>('/api/control/start', body);
    return this.run(run_id);
  }

  async run(id: string): Promise<Run> {
    return this.get(`/api/v2/runs/${id}`);
  }

  async control(what: 'pause' | 'resume' | 'stop', run: Run): Promise<void> {
    await this.post(`/api/control/${what}`, { session_id: run.id });
  }

  /** Waits until a run stands as asked. */
  async runThat(id: string, what: string, is: (run: Run) => boolean): Promise<Run> {
    return this.eventually(`run ${what}`, () => this.run(id), is);
  }

  /** Waits until a run is over. */
  async finished(id: string): Promise<Run> {
    return this.runThat(id, 'is over', run => ['finished', 'stopped', 'failed'].includes(run.status));
  }

  /** The text of a run's log without colours and white space. */
  async logText(id: string): Promise<string> {
    type Page = { entries: { chunk: { text: string } }[]; next: string | null };
    let text = '';
    for (let after: string | null = ''; after !== null; ) {
      const page: Page = await this.get<Page>(`/api/v2/runs/${id}/log?limit=200${after === '' ? '' : `&after=${after}`}`);
      text += page.entries.map(entry => entry.chunk.text).join('');
      after = page.next;
    }
    return text.replace(/\u001b\[[0-9;]*m/g, '').replace(/\s+/g, '');
  }

  private async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  private async eventually<T>(what: string, ask: () => Promise<T>, is: (value: T) => boolean): Promise<T> {
    const ended = Date.now() + DEADLINE;
    for (;;) {
      const value = await ask();
      if (is(value)) return value;
      if (Date.now() > ended) throw new Error(`it did not happen: ${what}; now ${JSON.stringify(value)}`);
      await pause(50);
    }
  }
}
