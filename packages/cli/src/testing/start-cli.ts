import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestApp, type TestApp, type TestAppOptions } from '@sluice/testkit/app';
import { expect } from 'vitest';
import { runCli } from '../run-cli.ts';
import { type CliEnd, callCli } from './cli-process.ts';
import { memoryIo } from './memory-io.ts';

/** A server, and a command line whose settings are its own. */
export interface CliAndApp {
  app: TestApp;
  /** Where the command line keeps its sign-ins, and a place for files. */
  folder: string;
  /** The environment of a call: the server, and the settings. */
  env: Record<string, string>;
  /**
   * Call it. Without `--json` nothing is wider than 80 columns; with it stdout is one JSON value; never is a stack shown.
   */
  cli(argv: readonly string[], options?: { env?: Record<string, string>; stdin?: string }): Promise<CliEnd>;
  /** The same in this process, which is quicker; where it does not matter how a process behaves. */
  here(argv: readonly string[], options?: { env?: Record<string, string> }): Promise<Omit<CliEnd, 'peakBytes'>>;
  close(): Promise<void>;
}

/** Start both. With `signedIn` every call shows a session of the account `admin`, as `SLUICE_TOKEN`. */
export async function startCli(options: TestAppOptions & { signedIn?: boolean } = {}): Promise<CliAndApp> {
  const app = await startTestApp(options);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  const env: Record<string, string> = { SLUICE_URL: app.url, XDG_CONFIG_HOME: join(folder, 'settings'), HOME: folder };
  if (options.signedIn) env.SLUICE_TOKEN = await app.adminToken();
  return {
    app,
    folder,
    env,
    cli: async (argv, { env: more, stdin = '' } = {}) => {
      const end = await callCli(argv, { env: { ...env, ...more }, stdin });
      expect(end.stderr).not.toMatch(/^\s+at /m);
      if (argv.includes('--json')) expect(() => end.json).not.toThrow();
      else expect(Math.max(...end.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
      return end;
    },
    here: async (argv, { env: more } = {}) => {
      const io = memoryIo({
        env: { ...env, ...more },
        home: folder,
        now: () => new Date(),
        sleep: async (ms) => void (await sleep(Math.min(ms, 100))),
      });
      const status = await runCli(argv, io);
      const { stdout, stderr } = io.said();
      return {
        status,
        stdout,
        stderr,
        get json() {
          return JSON.parse(stdout);
        },
      };
    },
    close: async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
