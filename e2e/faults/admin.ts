import { adminPassword } from './sluice-process.ts';
import { slowness, until } from './until.ts';

/** The management API of one server, asked as its administrator. */
export interface Admin {
  readonly headers: Readonly<Record<string, string>>;
  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response>;
  /** As `ask`, for answers that must be good. */
  tell<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T>;
}

/** Log in as `admin`. */
export async function logIn(url: string): Promise<Admin> {
  const credentials = { username: 'admin', password: adminPassword };
  const { token } = await send<{ token: string }>(url, {}, 'POST', '/api/auth/login', credentials);
  const headers = { authorization: `Bearer ${token}` };
  return {
    headers,
    ask: (method, path, body) => request(url, headers, method, path, body),
    tell: (method, path, body) => send(url, headers, method, path, body),
  };
}

/** Make the public channel `demo` with an active mirror of an upstream, and wait until it shows what is there. */
export async function mirrorUpstream(admin: Admin, upstream: string): Promise<{ mirrorId: string }> {
  await admin.tell('POST', '/api/channels', { name: 'demo', privacy: 'public' });
  const { id } = await admin.tell<{ id: string }>('POST', '/api/channels/demo/mirrors', {
    mirror_name: 'upstream',
    source_root: upstream,
    mirror_mode: 'active',
    keep_legacy: true,
    run_now: true,
  });
  await until('the first run completes', 30_000, async () => {
    const { state } = await admin.tell<{ state: string }>('GET', `/api/channels/demo/mirrors/${id}`);
    if (state === 'failed') throw new Error('The first run failed.');
    return state === 'completed';
  });
  return { mirrorId: id };
}

/** Run a mirror of `demo` now. */
export async function runMirror(admin: Admin, mirrorId: string): Promise<{ runId: string }> {
  const { run_id } = await admin.tell<{ run_id: string }>('POST', `/api/channels/demo/mirrors/${mirrorId}/run`);
  return { runId: run_id };
}

async function send<T>(
  url: string,
  headers: Readonly<Record<string, string>>,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await request(url, headers, method, path, body);
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

function request(
  url: string,
  headers: Readonly<Record<string, string>>,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetch(url + path, {
    method,
    headers: { ...headers, ...type },
    signal: AbortSignal.timeout(20_000 * slowness),
    ...json,
  });
}
