import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSourceGuard } from './source-guard.ts';
import { parseSourceRules } from './source-rules.ts';

const names: Record<string, string[]> = {
  'conda.example': ['93.184.216.34'],
  'intranet.example': ['10.0.0.7'],
  'sneaky.example': ['127.0.0.1'],
  'mixed.example': ['169.254.169.254', '93.184.216.34'],
  'metadata.example': ['169.254.169.254'],
  'self.example': ['10.9.9.9'],
  'a.b.corp': ['127.0.0.5'],
};

function guard(sources?: string, ownPorts = [8080]) {
  return createSourceGuard(parseSourceRules(sources, '/nowhere/airgap'), ownPorts, {
    lookup: async (host) => (names[host] ?? []).map((address) => ({ address, family: 4 })),
    ownAddresses: () => new Set(['10.9.9.9']),
  });
}

describe('addresses', () => {
  test.each([
    [undefined, 'conda.example', 443, ['93.184.216.34']],
    [undefined, 'intranet.example', 80, ['10.0.0.7']],
    [undefined, 'mixed.example', 80, ['93.184.216.34']],
    [undefined, 'self.example', 9000, ['10.9.9.9']],
    ['127.0.0.0/8', 'sneaky.example', 80, ['127.0.0.1']],
    ['sneaky.example', 'sneaky.example', 80, ['127.0.0.1']],
    ['*.corp', 'a.b.corp', 80, ['127.0.0.5']],
    ['any', '127.0.0.1', 80, ['127.0.0.1']],
    ['::1', '[::1]', 80, ['::1']],
    ['any', '100.64.0.1', 80, ['100.64.0.1']],
  ])('SLUICE_SOURCES=%s lets %s:%i through', async (sources, host, port, addresses) => {
    expect((await guard(sources).addresses(host, port)).map((found) => found.address)).toEqual(addresses);
  });

  test.each([
    [undefined, 'sneaky.example', 80],
    [undefined, '127.0.0.1', 80],
    [undefined, '[::1]', 80],
    [undefined, '[::ffff:7f00:1]', 80],
    [undefined, '0.0.0.0', 80],
    [undefined, '100.64.0.1', 80],
    ['10.0.0.0/8,127.0.0.2', '127.0.0.1', 80],
    ['*.corp', 'sneaky.example', 80],
    ['any', 'metadata.example', 80],
    ['any metadata.example 169.254.0.0/16', 'metadata.example', 80],
    ['any', '[fe80::1]', 80],
    ['any', '[fd00:ec2::254]', 80],
    ['any', '127.0.0.1', 8080],
    ['any', 'self.example', 8080],
  ])('SLUICE_SOURCES=%s refuses %s:%i', async (sources, host, port) => {
    await expect(guard(sources).addresses(host, port)).rejects.toMatchObject({
      code: 'source_refused',
      transient: false,
    });
  });

  test('a name without address is unavailable, and may come back', async () => {
    await expect(guard().addresses('gone.example', 80)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      transient: true,
    });
  });
});

describe('path', () => {
  test('only below the roots, links followed', async () => {
    const base = await realpath(await mkdtemp(join(tmpdir(), 'guard-')));
    onTestFinished(() => rm(base, { recursive: true }));
    const airgap = join(base, 'airgap');
    await mkdir(join(airgap, 'channel'), { recursive: true });
    await mkdir(join(base, 'airgap-not'));
    await writeFile(join(base, 'secret'), 'x');
    await symlink(join(base, 'secret'), join(airgap, 'link'));
    const of = (sources?: string) => createSourceGuard(parseSourceRules(sources, airgap), []);

    expect(await of().path(join(airgap, 'channel'))).toBe(join(airgap, 'channel'));
    expect(await of().path(airgap)).toBe(airgap);
    expect(await of(`file://${base}`).path(join(base, 'secret'))).toBe(join(base, 'secret'));
    expect(await of('any').path(join(airgap, 'link'))).toBe(join(base, 'secret'));
    for (const path of [
      join(base, 'secret'),
      join(base, 'absent'),
      join(airgap, 'link'),
      join(airgap, '..', 'secret'),
      join(base, 'airgap-not'),
    ]) {
      await expect(of().path(path)).rejects.toMatchObject({ code: 'source_refused' });
    }
    await expect(of().path(join(airgap, 'absent'))).rejects.toMatchObject({ code: 'upstream_missing' });
  });
});

describe('parseSourceRules', () => {
  test.each([
    '10.0.0.0/99',
    '300.1.1.1',
    'ho st?',
    'file://relative/x',
    'ftp://x',
    '-x.example',
    'none any',
    'none 10.0.0.1',
    'none x.example',
  ])('%s stops the start', (text) => {
    expect(() => parseSourceRules(text, '/a')).toThrow(/SLUICE_SOURCES/);
  });

  test('reads every kind', () => {
    const rules = parseSourceRules('127.0.0.0/8, ::1 Host.Example,file:///srv/a/ file:/srv/b', '/data/airgap');
    expect([...rules.hosts]).toEqual(['host.example']);
    expect(rules.roots).toEqual(['/data/airgap', '/srv/a', '/srv/b']);
    expect(rules.any).toBe(false);
    expect(parseSourceRules('none file:/srv/b', '/data/airgap')).toMatchObject({
      none: true,
      roots: ['/data/airgap', '/srv/b'],
    });
  });
});
