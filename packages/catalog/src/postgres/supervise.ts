import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Launcher } from './launcher.ts';

/** A signal by its shell name: ask (INT), insist (QUIT), end (KILL). */
export type StopSignal = 'INT' | 'QUIT' | 'KILL';

/** How a supervised program ended. */
export interface Ending {
  /** Exit status; 128 + n when signal n ended it, null when the supervisor itself was killed. */
  readonly status: number | null;
  /** The last lines it wrote, at most 4,000 characters. */
  readonly output: string;
}

/** A program that does not outlive this process. */
export interface Supervised {
  readonly ended: Promise<Ending>;
  /** Send a signal to the program (not to its supervisor). Does nothing once it ended. */
  signal(signal: StopSignal): void;
  /** Keep this process running until the program ended; without it a script may end and takes the program along. */
  hold(): void;
}

/*
 * A shell stands between us and the program. Its standard input is a pipe of which only we hold the other end, so the
 * kernel closes it when we die, however we die and however early: the watching half then asks the program to stop
 * (2.5 s), insists (1.5 s) and ends it, so it is gone within 5 s. A line in the pipe is a signal to pass on: the shell is
 * the program's parent and user, so neither a reused process id nor another user is in the way.
 * The signal is repeated because a program that has just begun ignores it (a shell starts background jobs so).
 * Signals for the whole service (Ctrl-C, a service manager) are taken and let go: we decide when the program stops.
 */
const script = `
trap : HUP INT TERM
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
(
  trap : HUP INT TERM
  while read -r signal <&3; do kill -"$signal" "$child" 2>/dev/null; done
  tries=0
  while kill -0 "$child" 2>/dev/null; do
    if [ $tries -lt 25 ]; then signal=INT; elif [ $tries -lt 40 ]; then signal=QUIT; else signal=KILL; fi
    kill -$signal "$child" 2>/dev/null
    tries=$((tries + 1))
    sleep 0.1
  done
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
while :; do
  wait "$child"
  status=$?
  kill -0 "$child" 2>/dev/null || break
done
kill -KILL "$watcher" 2>/dev/null
exit $status
`;

/**
 * Run a program that stops when this process does, even by SIGKILL.
 *
 * @param argv the program's absolute path and its arguments; no shell reads them.
 * @param onLine gets each line the program writes.
 */
export function supervise(launcher: Launcher, argv: readonly string[], onLine: (line: string) => void): Supervised {
  const [command, ...args] = launcher.wrap(['/bin/sh', '-c', script, 'sluice-supervisor', ...argv]);
  const child = spawn(command!, args, {
    // In a session of its own, so that Ctrl-C in a terminal does not reach it.
    detached: true,
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...launcher.credentials,
  });
  child.stdin.on('error', () => {});
  const output = collectOutput(child, onLine);
  const ended = new Promise<Ending>((resolve) => {
    let status: number | null = null;
    child.on('error', (error) => resolve({ status: null, output: String(error) }));
    child.on('exit', (code) => {
      status = code;
      child.stdin.destroy();
      // Descendants of the program may hold its output open for a while after it.
      setTimeout(() => resolve({ status, output: output() }), 100);
    });
    child.on('close', () => resolve({ status, output: output() }));
  });
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref();
  return {
    ended,
    signal: (signal) => {
      if (child.stdin.writable) child.stdin.write(`${signal}\n`);
    },
    hold: () => child.ref(),
  };
}

/** Hand each line to `onLine` and keep the tail. */
function collectOutput(child: ChildProcessWithoutNullStreams, onLine: (line: string) => void): () => string {
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    let unfinished = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      tail = (tail + text).slice(-4000);
      const lines = (unfinished + text).split('\n');
      unfinished = lines.pop()!.slice(-4000);
      for (const line of lines) onLine(line);
    });
  }
  return () => tail.trim();
}
