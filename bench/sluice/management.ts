import { setTimeout as sleep } from 'node:timers/promises';
import type { SluiceProcess } from './sluice-process.ts';

/** A mirror as `GET …/mirrors/{id}` shows it; only what the bench reads. */
export interface MirrorState {
  readonly state: string;
  readonly last_run_at: string | null;
  readonly sync_state?: {
    readonly current_step_description?: string;
    readonly last_exception?: unknown;
    readonly count?: { readonly passive?: number; readonly mirror_filtered?: Readonly<Record<string, number>> };
  };
}

/** The management API as the admin uses it. */
export interface Management {
  /** Public unless told otherwise. */
  createChannel(name: string, more?: { privacy?: 'public' | 'private'; types?: readonly string[] }): Promise<void>;
  /** Let uploads and mirrors of a channel share package names. */
  mergeNames(channel: string): Promise<void>;
  /** @returns a token for one day and one channel. */
  createToken(channel: string, permission: 'read' | 'write'): Promise<string>;
  /** @returns its id. */
  createMirror(channel: string, mirror: object): Promise<string>;
  editMirror(channel: string, id: string, mirror: object): Promise<void>;
  /** Queue a run. */
  runMirror(channel: string, id: string): Promise<void>;
  /** Resolves when the server has said that it keeps the file. */
  upload(channel: string, fileName: string, bytes: Uint8Array): Promise<void>;
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
  mirror(channel: string, id: string): Promise<MirrorState>;
  /** Wait until a run that began after `before` was seen is over. @throws when it did not complete. */
  untilCompleted(channel: string, id: string, before: MirrorState | undefined): Promise<MirrorState>;
}

/** Log in. */
export async function manage(sluice: SluiceProcess): Promise<Management> {
  const login = { username: 'admin', password: sluice.password };
  const { token } = (await send(sluice, undefined, 'POST', '/api/auth/login', login)) as { token: string };
  const call = (method: string, path: string, body?: object) => send(sluice, token, method, path, body);
  const mirror = async (channel: string, id: string) =>
    (await call('GET', `/api/channels/${channel}/mirrors/${id}`)) as MirrorState;
  return {
    createChannel: async (name, more) =>
      void (await call('POST', '/api/channels', { name, privacy: 'public', ...more })),
    mergeNames: async (channel) =>
      void (await call('PUT', `/api/channels/${channel}/layers`, { name_priority: 'merge' })),
    createToken: async (channel, permission) => {
      const expires_at = new Date(Date.now() + 86_400_000).toISOString();
      const wanted = { name: channel, expires_at, resources: [{ channel, permission }] };
      return ((await call('POST', '/api/account/tokens', wanted)) as { token: string }).token;
    },
    createMirror: async (channel, body) => {
      const made = (await call('POST', `/api/channels/${channel}/mirrors`, body)) as Record<string, string | undefined>;
      return (made.mirror_id ?? made.id)!;
    },
    editMirror: async (channel, id, body) => void (await call('PUT', `/api/channels/${channel}/mirrors/${id}`, body)),
    runMirror: async (channel, id) => void (await call('POST', `/api/channels/${channel}/mirrors/${id}/run`)),
    upload: async (channel, fileName, bytes) => {
      const form = new FormData();
      form.append('content', new Blob([bytes as Uint8Array<ArrayBuffer>]), fileName);
      await call('POST', `/api/channels/${channel}/artifacts`, form);
    },
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    mirror,
    untilCompleted: async (channel, id, before) => {
      const begun = performance.now();
      let hasBegun = before === undefined;
      for (;;) {
        const now = await mirror(channel, id);
        if (now.state !== 'completed' || now.last_run_at !== before?.last_run_at) hasBegun = true;
        if (now.state === 'failed' || now.state === 'stopped') {
          throw new Error(`The run ended as ${now.state}: ${JSON.stringify(now.sync_state?.last_exception)}`);
        }
        if (hasBegun && now.state === 'completed') return now;
        sluice.assertAlive();
        // Seldom during long runs: asking takes time away from what is measured.
        await sleep(Math.min(100, 25 + (performance.now() - begun) / 50));
      }
    },
  };
}

async function send(sluice: SluiceProcess, token: string | undefined, method: string, path: string, body?: object) {
  const isForm = body instanceof FormData;
  const response = await fetch(sluice.url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && !isForm && { 'content-type': 'application/json' }),
    },
    ...(body && { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 1000)}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
