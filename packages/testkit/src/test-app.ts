import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, findAccountByName, insertAccount, saveSettings, unfinishedJobs } from '@sluice/catalog';
import { createLog, readConfig, serve } from '@sluice/server';
import { createTestDatabase } from './database.ts';
import { listenBeside } from './hearing.ts';
import { wakingTime } from './waking-time.ts';

/** How to start a {@link TestApp}. */
export interface TestAppOptions {
  /** Settings beyond the test's own, e.g. `{ SLUICE_SOURCES: 'any' }`. */
  env?: Record<string, string>;
  /** The server's clock. */
  clock?: () => Date;
  /** Run jobs in their own thread, as in production; they cannot see `clock` there. */
  jobs?: 'thread' | 'here';
  /** Accounts get their own channel at their first sign-in, as in production; without it a test has only its own channels. */
  userChannels?: boolean;
}

/** What a request may carry. */
export interface TestRequest {
  /** A session or token, sent as `Authorization: Bearer`. */
  token?: string;
  headers?: Record<string, string>;
  /** Sent as JSON unless it is already a body. */
  body?: unknown;
}

/** An answer, read whole. */
export interface TestAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies without knowing their type.
  json: any;
}

/** The real server on a port of its own, with a database and a data folder of its own. */
export interface TestApp {
  url: string;
  /** The database the server works with, also one that `env` named. */
  db: Db;
  databaseUrl: string;
  dataDir: string;
  /** Every line the server logged. */
  log: string[];
  /** A session of the account `admin`. */
  adminToken(): Promise<string>;
  /** Make an account (of role author, unless others are given) and sign it in. @returns its session. */
  signIn(name: string, roles?: string[]): Promise<string>;
  request(method: string, path: string, request?: TestRequest): Promise<TestAnswer>;
  /** The day that is so many days after the server's, e.g. for tokens to expire: YYYY-MM-DD. */
  inDays(days: number): string;
  /**
   * Wait until no job is due or running, and the server has heard what they announced. Fails when one is parked, or after 60 s.
   */
  jobsDone(): Promise<void>;
  /** Wait for the jobs, then stop and remove everything. */
  close(): Promise<void>;
}

const PASSWORD = 'correct horse battery';

/** Start the server as a whole, as in production but for the log and the address. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-app-'));
  const remove = async () => {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  const env = {
    SLUICE_PORT: '0',
    SLUICE_DATA_DIR: dataDir,
    SLUICE_ADMIN_PASSWORD: PASSWORD,
    DATABASE_URL: database.connectionString,
    SLUICE_LOG_LEVEL: options.jobs === 'thread' ? 'silent' : 'debug',
    ...options.env,
  };
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => void lines.push(line) });
  const { clock: now, jobs = 'here' } = options;
  const starting = serve({ config: readConfig(env), env, log, tell: () => {}, now, jobs });
  const server = await starting.catch(async (error) => {
    await remove();
    throw error;
  });

  if (options.userChannels !== true) {
    await saveSettings(server.rooms.db, { user_channel_autocreate: false }, new Date());
  }
  const request = (method: string, path: string, given?: TestRequest) => send(server.url + path, method, given);
  const hearing = await listenBeside(env.DATABASE_URL, server.rooms);
  const jobsDone = async () => {
    await waitForJobs(server.rooms.db);
    await hearing.allHeard();
  };
  let session: Promise<string> | undefined;
  return {
    url: server.url,
    db: server.rooms.db,
    databaseUrl: env.DATABASE_URL,
    dataDir,
    log: lines,
    adminToken: () => {
      session ??= logIn(request, 'admin');
      return session;
    },
    signIn: async (name, roles = ['author']) => {
      const admin = await findAccountByName(database.db, 'admin');
      const { password_hash } = admin!;
      await insertAccount(database.db, { id: randomUUID(), name, password_hash, roles, created_at: new Date() });
      return logIn(request, name);
    },
    request,
    inDays: (days) => new Date((now?.() ?? new Date()).getTime() + days * 86_400_000).toISOString().slice(0, 10),
    jobsDone,
    close: async () => {
      try {
        await jobsDone();
      } finally {
        await hearing.close();
        await server.close();
        await remove();
      }
    },
  };
}

async function logIn(request: TestApp['request'], username: string): Promise<string> {
  const { status, text, json } = await request('POST', '/api/auth/login', {
    body: { username, password: PASSWORD },
  });
  if (status !== 200) throw new Error(`${username} could not sign in: ${status} ${text}`);
  return json.token;
}

async function send(url: string, method: string, { token, headers, body }: TestRequest = {}): Promise<TestAnswer> {
  const asJson =
    body !== undefined && !(body instanceof FormData || body instanceof Uint8Array || typeof body === 'string');
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(asJson ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    body: asJson ? JSON.stringify(body) : (body as RequestInit['body']),
  });
  const text = await response.text();
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : undefined,
  };
}

async function waitForJobs(db: Db): Promise<void> {
  const waited = wakingTime();
  for (;;) {
    const left = await unfinishedJobs(db);
    if (left.length === 0) return;
    const parked = left.some(({ state }) => state === 'parked');
    if (parked || waited() > 60_000) throw new Error(`Jobs are left over: ${JSON.stringify(left, null, 2)}`);
    await sleep(50);
  }
}
