import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';

/** How a client ended, and what it said. */
export interface ClientEnding {
  /** Exit status; null when it was stopped for lasting too long. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a client is run with. */
export interface ClientProcess {
  readonly argv: readonly [string, ...string[]];
  /** Its home and working folder; nothing of this user's settings reaches it. */
  readonly work: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** 120,000 when left out. */
  readonly patience_ms?: number;
}

const elsewhere = new AsyncLocalStorage<readonly string[]>();

/**
 * Have all clients that the work starts run through another command, such as one that enters a network namespace.
 *
 * @param command what stands in front of theirs.
 */
export function runClientsBy<T>(command: readonly string[], work: () => Promise<T>): Promise<T> {
  return elsewhere.run(command, work);
}

/** Run a client to its end, whatever that is. */
export async function runClient(options: ClientProcess): Promise<ClientEnding> {
  const [command, ...rest] = [...(elsewhere.getStore() ?? []), ...options.argv];
  const child = spawn(command!, rest, {
    cwd: options.work,
    env: {
      PATH: process.env.PATH,
      HOME: options.work,
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      NO_PROXY: '*',
      PYTHONDONTWRITEBYTECODE: '1',
      ...options.env,
    },
    timeout: options.patience_ms ?? 120_000,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  // A client that ends without reading closes the pipe; its exit status tells more.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, ...said };
}
