import { PassThrough } from 'node:stream';
import type { Io } from '../io.ts';

/** A world in memory, and what was written to it. */
export interface MemoryIo extends Io {
  /** What a person types; only where `terminal` is set. */
  type(text: string): void;
  said(): { stdout: string; stderr: string };
}

interface MemoryIoOptions {
  env?: Record<string, string>;
  home?: string;
  terminal?: boolean;
  now?: () => Date;
  sleep?: Io['sleep'];
}

/** Make a world for a test. */
export function memoryIo(options: MemoryIoOptions = {}): MemoryIo {
  const { env = {}, home = '/nowhere', terminal = false, now = () => new Date('2026-11-21T10:00:00Z') } = options;
  const { sleep = () => Promise.resolve() } = options;
  const texts = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => {
    const stream = new PassThrough();
    stream.on('data', (chunk) => {
      texts[name] += chunk;
    });
    return Object.assign(stream, { isTTY: terminal, columns: 80 }) as unknown as NodeJS.WriteStream;
  };
  const stdin = Object.assign(new PassThrough(), { isTTY: terminal, setRawMode: () => stdin });
  return {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env,
    home,
    hostname: 'desk',
    now,
    sleep,
    trust: () => {},
    type: (text) => void stdin.write(text),
    said: () => ({ ...texts }),
  };
}
