import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTar, buildZip } from '@sluice/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { withRandomAccess } from '../random-access.ts';
import { openArchiveTree, readArchiveFile } from './open-tree.ts';

const folder = await mkdtemp(join(tmpdir(), 'tree-'));
afterAll(() => rm(folder, { recursive: true }));
let files = 0;

async function written(bytes: Uint8Array, ending: string): Promise<string> {
  const path = join(folder, `${files++}.${ending}`);
  await writeFile(path, bytes);
  return path;
}

async function text(path: string, member: string, from = 0): Promise<string | undefined> {
  const file = (await openArchiveTree(path)).file(member);
  if (!file) return undefined;
  const parts: Uint8Array[] = [];
  for await (const piece of readArchiveFile(path, file, from)) parts.push(piece);
  const whole = Buffer.concat(parts).toString();
  expect(Math.max(0, file.size - from)).toBe(whole.length);
  return whole;
}

const names = async (path: string, below: string) =>
  (await openArchiveTree(path)).list(below)?.map(({ name, kind }) => `${name}${kind === 'folder' ? '/' : ''}`);

const items = (...paths: string[]) => paths.map((name) => ({ name, path: name, content: `content of ${name}` }));

describe.each(['zip', 'tar'] as const)('a %s', (ending) => {
  const packed = async (...paths: string[]) =>
    written(ending === 'zip' ? await buildZip(items(...paths)) : await buildTar(items(...paths)), ending);

  test('is a folder of files', async () => {
    const path = await packed('noarch/repodata.json', './linux-64/repodata.json', 'channeldata.json');
    expect(await names(path, '')).toEqual(['noarch/', 'linux-64/', 'channeldata.json']);
    expect(await names(path, 'linux-64')).toEqual(['repodata.json']);
    expect(await names(path, 'win-64')).toBeUndefined();
    expect(await text(path, 'noarch/repodata.json')).toBe('content of noarch/repodata.json');
    expect(await text(path, 'noarch/repodata.json', 11)).toBe('noarch/repodata.json');
    expect(await text(path, 'noarch/repodata.json', 99)).toBe('');
    expect(await text(path, 'noarch')).toBeUndefined();
  });

  test('may wrap its tree in one folder, which no layout knows', async () => {
    const wrapped = await packed('main/noarch/repodata.json', 'main/linux-64/a.conda');
    expect(await names(wrapped, '')).toEqual(['noarch/', 'linux-64/']);
    expect(await text(wrapped, 'linux-64/a.conda')).toBe('content of main/linux-64/a.conda');
    expect(await text(wrapped, 'main/linux-64/a.conda')).toBe('content of main/linux-64/a.conda');
    expect(await names(await packed('src/contrib/PACKAGES'), '')).toEqual(['src/']);
    expect(await names(await packed('foo/index.html'), '')).toEqual(['foo/']);
  });

  test.each([
    ['path_parent', ['a', '../b']],
    ['path_absolute', ['/etc/passwd']],
    ['path_duplicate', ['a/b', './a//b']],
    ['path_duplicate', ['a', 'a/b']],
  ])('is refused with %s', async (code, paths) => {
    // yazl refuses such names itself: written with others of the same length, and changed.
    const bytes =
      ending === 'tar'
        ? await buildTar(items(...paths))
        : paths.reduce(
            (zip, name, i) => replaced(zip, `${'x'.repeat(name.length - 1)}${i}`, name),
            await buildZip(paths.map((name, i) => ({ name: `${'x'.repeat(name.length - 1)}${i}`, content: '' }))),
          );
    await expect(openArchiveTree(await written(bytes, ending))).rejects.toMatchObject({ code });
  });

  test('that is cut anywhere is refused, or gives no wrong byte', async () => {
    const whole = ending === 'zip' ? await buildZip(items('a/b', 'c')) : await buildTar(items('a/b', 'c'));
    for (let length = 0; length < whole.length; length += 37) {
      const path = await written(whole.subarray(0, length), ending);
      const found = await text(path, 'a/b').catch((error: { name: string }) => {
        expect(error.name).toBe('ArchiveError');
        return undefined;
      });
      expect([undefined, 'content of a/b']).toContain(found);
    }
  });
});

test('members of a zip may be deflated', async () => {
  const content = 'again and again '.repeat(1000);
  const path = await written(await buildZip([{ name: 'a', content, compress: true }]), 'zip');
  expect(await text(path, 'a')).toBe(content);
  expect(await text(path, 'a', 15_990)).toBe(content.slice(15_990));
});

test('links of a tar lead to files in it, and nowhere else', async () => {
  const tree = join(folder, 'linked');
  await mkdir(join(tree, 'noarch'), { recursive: true });
  await writeFile(join(tree, 'noarch', 'a'), 'a');
  await symlink('../noarch/a', join(tree, 'noarch', 'same'));
  await symlink('/etc/passwd', join(tree, 'noarch', 'outside'));
  for (const [command, ...options] of [
    ['tar', '-cf', 'linked.tar'],
    ['zip', '-qry', 'linked.zip'],
  ] as const) {
    execFileSync(command, [...options, 'linked'], { cwd: folder });
  }
  expect(await names(join(folder, 'linked.tar'), 'noarch')).toEqual(expect.arrayContaining(['a', 'same']));
  expect(await text(join(folder, 'linked.tar'), 'noarch/same')).toBe('a');
  expect(await text(join(folder, 'linked.tar'), 'noarch/outside')).toBeUndefined();
  expect(await names(join(folder, 'linked.zip'), 'noarch')).toEqual(['a']);
});

test('a large tar is passed over, not read', async () => {
  const path = join(folder, 'sparse.tar');
  await writeFile(path, '');
  execFileSync('sh', ['-c', `truncate -s 64M big && tar -cf - big small > ${path} 2>/dev/null || true`], {
    cwd: await withSmall(),
  });
  let read = 0;
  await withRandomAccess(path, async (access) => {
    const { tarTree } = await import('./tar-tree.ts');
    const tree = await tarTree({
      size: access.size,
      read(position, length) {
        read += length;
        return access.read(position, length);
      },
    });
    expect(tree.file('small')?.size).toBe(5);
  });
  expect(read).toBeLessThan(200_000);
});

async function withSmall(): Promise<string> {
  const place = await mkdtemp(join(folder, 'large-'));
  await writeFile(join(place, 'small'), 'small');
  return place;
}

function replaced(zip: Buffer, name: string, by: string): Buffer {
  return Buffer.from(zip.toString('latin1').replaceAll(name, by), 'latin1');
}
