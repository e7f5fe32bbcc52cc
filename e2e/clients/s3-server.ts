import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runClient } from './client-process.ts';

const script = path.join(import.meta.dirname, 'python/s3_folder.py');

/** Credentials as the environment variables of S3's clients have them. */
export interface S3Keys {
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
}

/** moto's server, which checks signatures and what a user may do. */
export interface S3Server {
  readonly port: number;
  makeBucket(name: string): Promise<void>;
  /** Issue keys that may do these actions, such as `s3:PutObject`, with everything. */
  issueKeys(user: string, actions: readonly string[]): Promise<S3Keys>;
  /** From now on every request needs keys. */
  lock(): Promise<void>;
  close(): Promise<void>;
}

/** What a bucket has. */
export interface Bucket {
  /** Sizes of its objects. */
  readonly objects: Readonly<Record<string, number>>;
  /** Names of what was begun and never finished. */
  readonly unfinished: readonly string[];
}

/** Copy what is in a bucket into a folder, as boto3 does. @returns what there is. */
export async function copyBucket(
  python: string,
  { bucket, folder, env }: { bucket: string; folder: string; env: Record<string, string> },
): Promise<Bucket> {
  const argv = [python, script, bucket, folder] as const;
  const { status, stdout, stderr } = await runClient({ argv, work: folder, env });
  if (status !== 0) throw new Error(`boto3 ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Start one with nothing in it, on a free port; it is ready within a minute. */
export async function startS3Server(python: string, home: string): Promise<S3Server> {
  const child = spawn(python, ['-m', 'moto.server', '-p', '0'], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000);
  });
  let port: string | undefined;
  for (const deadline = performance.now() + 60_000; port === undefined; await sleep(20)) {
    port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
    if (child.exitCode === null && performance.now() < deadline) continue;
    child.kill('SIGKILL');
    throw new Error(`moto did not start: ${said}`);
  }
  const url = `http://127.0.0.1:${port}`;
  const manage = async (fields: Record<string, string>) => {
    // Whose request it is tells moto which service is meant; nothing is checked before `lock`.
    const authorization =
      'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=a';
    const body = new URLSearchParams({ Version: '2010-05-08', ...fields });
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`moto answered ${answer.status}: ${text}`);
    return (tag: string) => new RegExp(`<${tag}>([^<]+)<`).exec(text)![1]!;
  };
  return {
    port: Number(port),
    async makeBucket(name) {
      const { status } = await fetch(`${url}/${name}`, { method: 'PUT' });
      if (status !== 200) throw new Error(`moto answered ${status}`);
    },
    async issueKeys(UserName, Action) {
      const PolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
      });
      await manage({ Action: 'CreateUser', UserName });
      await manage({ Action: 'PutUserPolicy', UserName, PolicyName: 'only', PolicyDocument });
      const key = await manage({ Action: 'CreateAccessKey', UserName });
      return { AWS_ACCESS_KEY_ID: key('AccessKeyId'), AWS_SECRET_ACCESS_KEY: key('SecretAccessKey') };
    },
    async lock() {
      await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
