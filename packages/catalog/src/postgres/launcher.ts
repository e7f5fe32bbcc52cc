import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Another identity for the server, because PostgreSQL refuses to run as root. */
export type RootLauncherName = 'user-namespace' | 'other-user';

/** A way to start the server's programs. */
export interface Launcher {
  readonly name: 'self' | RootLauncherName;
  /** The command line that runs `argv` this way. */
  wrap(argv: readonly string[]): readonly string[];
  /** What `spawn` needs beside it. */
  readonly credentials: { readonly uid?: number; readonly gid?: number };
  /** Who must own the data; undefined: whoever we are, nothing to change. */
  readonly owner: Owner | undefined;
}

/** A user and a group by number. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The ways this process may start PostgreSQL, best first.
 *
 * Not root: as ourselves. Root: first in a user namespace, where we keep our own files and only our number changes, so
 * folders that only root may enter stay usable; then as an unprivileged user of this machine.
 *
 * @param uid this process's user; undefined where there are none (Windows).
 */
export function launchersFor(uid: number | undefined, asRoot: readonly RootLauncherName[]): Launcher[] {
  if (uid !== 0) return [{ name: 'self', wrap: (argv) => argv, credentials: {}, owner: undefined }];
  const users = readUsers();
  const user = users.get('postgres') ?? users.get('nobody') ?? [...users.values()].find(({ uid }) => uid !== 0);
  if (!user) return [];
  const launchers: Record<RootLauncherName, Launcher> = {
    'user-namespace': {
      name: 'user-namespace',
      // initdb looks its user up by number, so the number must be one that /etc/passwd knows.
      wrap: (argv) => ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, ...argv],
      credentials: {},
      owner: { uid: 0, gid: 0 },
    },
    'other-user': { name: 'other-user', wrap: (argv) => argv, credentials: user, owner: user },
  };
  return asRoot.map((name) => launchers[name]);
}

/**
 * Whether a launcher can run the server from these binaries. Like `canWrite` it is tried, not guessed: kernel settings,
 * container profiles and the folders above all have a say.
 */
export function canRun(launcher: Launcher, binaries: string): boolean {
  return succeeds(launcher, [`${binaries}/bin/postgres`, '--version']);
}

/** Whether a launcher can write to a folder that exists. */
export function canWrite(launcher: Launcher, folder: string): boolean {
  return succeeds(launcher, ['/bin/sh', '-c', ': >"$1/.probe" && rm "$1/.probe"', 'sluice-probe', folder]);
}

function succeeds(launcher: Launcher, argv: readonly string[]): boolean {
  const [command, ...args] = launcher.wrap(argv);
  return spawnSync(command!, args, { cwd: '/', stdio: 'ignore', ...launcher.credentials }).status === 0;
}

/** The users of /etc/passwd by name. */
function readUsers(): Map<string, Owner> {
  const users = new Map<string, Owner>();
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name && uid && gid) users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  return users;
}
