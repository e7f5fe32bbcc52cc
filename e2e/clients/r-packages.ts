import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseDcf } from '@sluice/formats/cran';

const run = promisify(execFile);
const cache = path.join(import.meta.dirname, '../../.cache/clients');
const patience_ms = 300_000;

/** Debian's source packages whose `.orig.tar.gz` is the tarball of CRAN, of packages without compiled code. */
const sources = [
  ...['assertthat', 'crayon', 'labeling', 'pkgconfig', 'praise', 'r6', 'remotes', 'rprojroot'],
  ...['viridislite', 'whisker', 'withr', 'zeallot'],
].map((name) => `r-cran-${name}`);

/** A folder of real packages under their own names, or why there is none here. */
type RPackages =
  | { readonly available: true; readonly folder: string }
  | { readonly available: false; readonly reason: string };

/**
 * Real packages of CRAN, about 2 MB, from Debian's sources with this machine's own apt settings, kept below `.cache/clients`.
 * Needs no root: apt works in a folder of ours.
 *
 * @throws with `CI=true`, where what is missing is a failure.
 */
export async function realRPackages(): Promise<RPackages> {
  const key = createHash('sha256').update(sources.join()).digest('hex').slice(0, 16);
  const folder = path.join(cache, `r-packages-${key}`);
  try {
    if (!existsSync(folder)) await fetchAll(folder);
    return { available: true, folder };
  } catch (error) {
    const reason = `no packages of CRAN from Debian's sources: ${(error as Error).message.split('\n')[0]}`;
    if (process.env.CI === 'true') throw new Error(reason);
    return { available: false, reason };
  }
}

async function fetchAll(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'r-packages-'));
  try {
    for (const name of ['lists/partial', 'archives/partial', 'found'])
      await mkdir(path.join(work, name), { recursive: true });
    await writeFile(path.join(work, 'sources.list'), await sourcesList());
    await apt(work, ['update']);
    await apt(work, ['source', '--download-only', '--tar-only', ...sources]);
    for (const file of await readdir(work)) {
      if (!file.endsWith('.orig.tar.gz')) continue;
      const tarball = path.join(work, file);
      await copyFile(tarball, path.join(work, 'found', await nameOf(tarball)));
    }
    await rename(path.join(work, 'found'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Where this machine has its packages from, asked for their sources. */
async function sourcesList(): Promise<string> {
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const { stdout } = await run('apt-get', ['indextargets', ...format]);
  const places = stdout.split('\n').filter((line) => /debian\S* \S+ main$/.test(line));
  return [...new Set(places)].map((place) => `deb-src ${place}\n`).join('');
}

async function apt(work: string, words: readonly string[]): Promise<void> {
  const settings = {
    'Dir::Etc::sourcelist': path.join(work, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': path.join(work, 'lists'),
    'Dir::Cache': work,
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', ['-q', ...options, ...words], { cwd: work, timeout: patience_ms, maxBuffer: 1 << 26 });
}

/** What CRAN called a tarball, by the DESCRIPTION in it. */
async function nameOf(tarball: string): Promise<string> {
  const { stdout: listed } = await run('tar', ['-tzf', tarball]);
  const description = listed.split('\n').find((name) => /^[^/]+\/DESCRIPTION$/.test(name))!;
  const { stdout } = await run('tar', ['-xzOf', tarball, description]);
  const fields = parseDcf(stdout);
  return `${fields.get('Package')}_${fields.get('Version')}.tar.gz`;
}
