import { homedir, hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SslVerify } from './config-file.ts';
import { trust } from './trust.ts';

/** The world around a command; a test hands in another. */
export interface Io {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  hostname: string;
  now: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Check the certificates of servers so from now on. */
  trust: (verify: SslVerify) => void;
}

/** The world of this process. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  return {
    stdin,
    stdout,
    stderr,
    env,
    home: homedir(),
    hostname: hostname(),
    now: () => new Date(),
    sleep: async (ms) => void (await sleep(ms)),
    trust,
  };
}
