import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';

/** A real Sluice with an upstream to mirror: the 47 packages, indexed by conda-index, over HTTP and as a folder. */
export interface Sluice {
  readonly app: TestApp;
  readonly upstream: UpstreamServer;
  /** What the upstream serves. */
  readonly folder: string;
  /** For the homes, caches and prefixes of clients; Sluice may also mirror folders below it. */
  readonly work: string;
  /** Make a channel, public unless told otherwise, or a subchannel by its path. */
  makeChannel(channel: string, settings?: object): Promise<void>;
  /**
   * Mirror into a channel and wait until it is published.
   *
   * @param mirror the body of the request; the source is the upstream, and `.tar.bz2` stay, unless told otherwise.
   * @returns the mirror as REST shows it.
   * @throws unless the run completes.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as `json` of the test app.
  mirror(channel: string, mirror?: object): Promise<any>;
  /** Upload a package file, and wait until it is published unless told otherwise. */
  upload(channel: string, file: { fileName: string; bytes: Uint8Array }, options?: { wait?: boolean }): Promise<void>;
  /** Ask the management API as the admin. @throws unless the answer is 2xx. */
  // biome-ignore lint/suspicious/noExplicitAny: as `json` of the test app.
  ask(method: string, url: string, body?: object): Promise<any>;
  /** Issue a token of the admin that may read one channel. */
  readToken(channel: string): Promise<string>;
  /** A channel as clients are given it, with a slash at the end; with a token, in front of `/api`. */
  address(channel: string, token?: string): string;
  /** Make a folder below `work`. */
  newFolder(name: string): string;
  close(): Promise<void>;
}

interface StartOptions {
  readonly clock?: () => Date;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Start one, with its jobs on a thread of their own as in production.
 *
 * @param options.clock the server's clock; its jobs then run in the test's own thread.
 * @param options.env more settings.
 */
export async function startSluice(options: StartOptions = {}): Promise<Sluice> {
  const work = mkdtempSync(path.join(os.tmpdir(), 'sluice-e2e-'));
  const folder = path.join(work, 'upstream');
  writeCondaChannel(folder);
  const upstream = await startUpstreamServer({ folder });
  const { clock } = options;
  const app = await startTestApp({
    jobs: clock ? 'here' : 'thread',
    clock,
    env: { SLUICE_SOURCES: `127.0.0.0/8,file://${work}`, ...options.env },
  });

  const admin = adminSession(app, clock);
  const ask: Sluice['ask'] = async (method, url, body) => {
    const answer = await app.request(method, url, { token: await admin(), body });
    if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const post = (url: string, body: object) => ask('POST', url, body);
  const manage = (channel: string) => `/api/channels/${channel.replace('/', '/subchannels/')}`;

  return {
    app,
    upstream,
    folder,
    work,
    async makeChannel(channel, settings = {}) {
      const [name, below] = channel.split('/');
      const body = { name: below ?? name, privacy: 'public', ...settings };
      await post(below === undefined ? '/api/channels' : `/api/channels/${name}/subchannels`, body);
    },
    async mirror(channel, mirror = {}) {
      const url = `${manage(channel)}/mirrors`;
      const defaults = { mirror_name: 'upstream', source_root: upstream.url, keep_legacy: true, run_now: true };
      const { id } = await post(url, { ...defaults, ...mirror });
      await app.jobsDone();
      const made = await ask('GET', `${url}/${id}`);
      if (made.state !== 'completed') throw new Error(`The mirror did not complete: ${JSON.stringify(made)}`);
      return made;
    },
    async upload(channel, { fileName, bytes }, { wait = true } = {}) {
      const body = new FormData();
      body.append('content', new Blob([Uint8Array.from(bytes)]), fileName);
      await post(`${manage(channel)}/artifacts`, body);
      if (wait) await app.jobsDone();
    },
    ask,
    async readToken(channel) {
      const expires_at = new Date(Date.now() + 30 * 86_400_000).toISOString();
      const resources = [{ channel, permission: 'read' }];
      return (await post('/api/account/tokens', { name: channel, expires_at, resources })).token;
    },
    address: (channel, shown) => `${app.url}${shown === undefined ? '' : `/t/${shown}`}/api/repo/${channel}/`,
    newFolder: (name) => mkdtempSync(path.join(work, `${name}-`)),
    async close() {
      await app.close();
      await upstream.close();
      await rm(work, { recursive: true });
    },
  };
}

/** The admin's session, made anew before it ends where the clock is set forward. */
function adminSession(app: TestApp, clock?: () => Date): () => Promise<string> {
  if (!clock) return app.adminToken;
  let session = { token: '', until: 0 };
  return async () => {
    if (clock().getTime() < session.until) return session.token;
    const body = { username: 'admin', password: 'correct horse battery' };
    const { json } = await app.request('POST', '/api/auth/login', { body });
    session = { token: json.token, until: clock().getTime() + 11 * 3_600_000 };
    return session.token;
  };
}
