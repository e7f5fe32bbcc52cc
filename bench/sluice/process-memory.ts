import { readdirSync, readFileSync } from 'node:fs';

/** The most memory a process had resident in its life, all threads together, in MB (10⁶). */
export function peakMemory(pid: number): number {
  return kilobytes(read(`/proc/${pid}/status`), /^VmHWM:\s+(\d+) kB/m) * 1.024e-3;
}

/** Watches what the PostgreSQL below a process holds: the sum of its processes' proportional shares, at its highest. */
export interface PostgresWatch {
  /** @returns MB (10⁶). */
  stop(): number;
}

/** Look twice a second. */
export function watchPostgres(pid: number): PostgresWatch {
  let peak = 0;
  const look = () => {
    const held = postgresBelow(pid).map((id) => kilobytes(read(`/proc/${id}/smaps_rollup`), /^Pss:\s+(\d+) kB/m));
    peak = Math.max(peak, held.reduce((sum, share) => sum + share, 0) * 1.024e-3);
  };
  const timer = setInterval(look, 500);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}

function postgresBelow(pid: number): string[] {
  const children = Map.groupBy(
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)),
    // After the name in parentheses, which may hold anything, come the state and the parent.
    (id) =>
      read(`/proc/${id}/stat`)
        .replace(/^.*\) \S /s, '')
        .split(' ')[0]!,
  );
  const below = (parent: string): string[] => (children.get(parent) ?? []).flatMap((id) => [id, ...below(id)]);
  return below(String(pid)).filter((id) => read(`/proc/${id}/comm`).startsWith('postgres'));
}

/** Empty when the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function kilobytes(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
