import { startUpstreamServer, type UpstreamServer } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { expect } from 'vitest';
import type { SmallMirror, UpstreamState } from './mirrors.ts';
import { readAll, type Shown } from './shown-and-stored.ts';

/** What one fault is played on: a Sluice of its own, since blobs that another case brought in would not be asked for. */
export interface Case {
  readonly app: TestApp;
  readonly upstream: UpstreamServer;
  /** The same files under another address. */
  readonly twin: UpstreamServer;
  /** What it shows of the upstream's first state, which it mirrored. */
  readonly first: Shown;
  /** From now on the upstream is in that state. */
  become(state: UpstreamState): void;
  /** Run the mirror, and have a client ask for everything. */
  runAndRead(): Promise<{ run: Run; shown: Shown }>;
  close(): Promise<void>;
}

/** As REST shows the mirror. */
export interface Run {
  readonly state: string;
  readonly failed_request: { readonly url: string } | null;
}

/** The channel that all of them have. */
const channel = 'demo';

/** Mirror the first state of an upstream, have a client read all of it, and forget what was asked. */
export async function openCase(mirror: SmallMirror, folderOf: (state: UpstreamState) => string): Promise<Case> {
  const serving = { folder: folderOf('first') };
  const [upstream, twin] = [await startUpstreamServer(serving), await startUpstreamServer(serving)];
  const app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.0/8' } });
  const token = await app.adminToken();
  const post = async (url: string, body?: object) => {
    const answer = await app.request('POST', url, { token, body });
    expect(answer.status, answer.text).toBeLessThan(300);
    await app.jobsDone();
    return answer.json;
  };
  await post('/api/channels', { name: channel, privacy: 'public', types: [mirror.type] });
  const body = { mirror_name: 'up', source_root: upstream.url + mirror.root, run_now: true, ...mirror.body };
  const { id } = await post(`/api/channels/${channel}/mirrors`, body);
  const url = `/api/channels/${channel}/mirrors/${id}`;
  const readEverything = async () => {
    const shown = await readAll(app.url, channel, mirror);
    await app.jobsDone();
    return shown;
  };
  const first = await readEverything();
  upstream.reset();
  return {
    app,
    upstream,
    twin,
    first,
    become: (state) => {
      serving.folder = folderOf(state);
    },
    async runAndRead() {
      await post(`${url}/run`);
      const run = (await app.request('GET', url, { token })).json as Run;
      return { run, shown: await readEverything() };
    },
    async close() {
      await app.close();
      await upstream.close();
      await twin.close();
    },
  };
}
