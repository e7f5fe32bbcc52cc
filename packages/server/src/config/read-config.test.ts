import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { parseSourceRules } from '@sluice/mirror';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfig, unknownVariables, variables } from './read-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
const pem = join(folder, 'tls.pem');
writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n');
const notPem = join(folder, 'notes.txt');
writeFileSync(notPem, 'hello');
afterAll(() => rmSync(folder, { recursive: true }));

test('without settings everything has its documented default', () => {
  expect(readConfig({})).toEqual({
    listen: {
      host: '127.0.0.1',
      port: 8080,
      public_url: undefined,
      trusted_proxies: undefined,
      accel_redirect: undefined,
      tls: undefined,
    },
    data: { folder: join(process.cwd(), 'data'), database_url: undefined, max_upload_bytes: 16 * 1024 ** 3 },
    secrets: { admin_password: undefined, secret_key: undefined, secret_key_file: undefined },
    egress: {
      sources: parseSourceRules(undefined, join(process.cwd(), 'data/airgap')),
      ca_file: undefined,
      proxies: {},
    },
    work: { roles: ['web', 'worker'], log_level: 'info' },
  });
});

test('an empty variable counts as absent', () => {
  const empty = Object.fromEntries(Object.keys(variables.shape).map((name) => [name, '']));
  expect(readConfig(empty)).toEqual(readConfig({}));
});

test.each<[name: string, value: string, where: string[], read: unknown]>([
  ['SLUICE_HOST', '::1', ['listen', 'host'], '::1'],
  ['SLUICE_PORT', '0', ['listen', 'port'], 0],
  ['SLUICE_PORT', '65535', ['listen', 'port'], 65535],
  ['SLUICE_PUBLIC_URL', 'https://p.example.org/', ['listen', 'public_url'], 'https://p.example.org'],
  ['SLUICE_TRUST_PROXY', 'any', ['listen', 'trusted_proxies'], 'any'],
  ['SLUICE_DATA_DIR', '/srv/sluice', ['data', 'folder'], '/srv/sluice'],
  ['SLUICE_MAX_UPLOAD', '500', ['data', 'max_upload_bytes'], 500],
  ['SLUICE_MAX_UPLOAD', '5G', ['data', 'max_upload_bytes'], 5 * 1024 ** 3],
  ['SLUICE_MAX_UPLOAD', '64k', ['data', 'max_upload_bytes'], 65_536],
  ['SLUICE_ROLES', 'worker', ['work', 'roles'], ['worker']],
  ['SLUICE_ROLES', ' web , worker ', ['work', 'roles'], ['web', 'worker']],
  ['SLUICE_LOG_LEVEL', 'silent', ['work', 'log_level'], 'silent'],
  ['https_proxy', 'http://proxy:3128', ['egress', 'proxies'], { https_proxy: 'http://proxy:3128' }],
])('%s=%s', (name, value, where, read) => {
  const config = readConfig({ [name]: value }) as unknown as Record<string, Record<string, unknown>>;
  expect(config[where[0]!]![where[1]!]).toEqual(read);
});

describe('a wrong value stops the start with one line: name, wanted, found', () => {
  test.each<[line: string, env: Record<string, string>]>([
    ['SLUICE_PORT: wanted a port from 0 (any free one) to 65535; found "abc".', { SLUICE_PORT: 'abc' }],
    ['SLUICE_PORT: wanted a port from 0 (any free one) to 65535; found "65536".', { SLUICE_PORT: '65536' }],
    [
      'SLUICE_HOST: wanted an address or host name of this machine, such as 0.0.0.0; found "a b".',
      { SLUICE_HOST: 'a b' },
    ],
    [
      'SLUICE_BLOBS: wanted "disk" (object stores are not supported yet); found "s3://b/p".',
      { SLUICE_BLOBS: 's3://b/p' },
    ],
    ['SLUICE_ROLES: wanted "web", "worker" or "web,worker"; found "web,cron".', { SLUICE_ROLES: 'web,cron' }],
    [
      'SLUICE_TRUST_PROXY: wanted addresses or CIDRs between commas, such as 10.0.0.0/8, or "any"; found "10.0.0.0/33".',
      { SLUICE_TRUST_PROXY: '10.0.0.0/33' },
    ],
    [
      'SLUICE_PUBLIC_URL: wanted an http or https URL without query, such as https://packages.example.org; found "packages.example.org".',
      { SLUICE_PUBLIC_URL: 'packages.example.org' },
    ],
    ['SLUICE_MAX_UPLOAD: wanted a number of bytes, such as 500M or 16G; found "lots".', { SLUICE_MAX_UPLOAD: 'lots' }],
    ['SLUICE_LOG_LEVEL: wanted one of debug, info, warn, error, silent; found "loud".', { SLUICE_LOG_LEVEL: 'loud' }],
    ['SLUICE_ADMIN_PASSWORD: wanted at least 8 characters; found *** (not shown).', { SLUICE_ADMIN_PASSWORD: 'short' }],
    [
      'SLUICE_SECRET_KEY: wanted at least 32 characters, such as from: openssl rand -hex 32; found *** (not shown).',
      { SLUICE_SECRET_KEY: 'short' },
    ],
    [
      'DATABASE_URL: wanted an address such as postgresql://user:password@host:5432/database; found *** (not shown).',
      { DATABASE_URL: 'mysql://u:p@h/d' },
    ],
    [
      'SLUICE_ACCEL_REDIRECT: wanted a path such as /_blobs, together with SLUICE_TRUST_PROXY; found "/_blobs".',
      { SLUICE_ACCEL_REDIRECT: '/_blobs' },
    ],
    [
      'SLUICE_ACCEL_REDIRECT: wanted a path such as /_blobs, together with SLUICE_TRUST_PROXY; found "/b/ c".',
      { SLUICE_ACCEL_REDIRECT: '/b/ c', SLUICE_TRUST_PROXY: 'any' },
    ],
    [
      'SLUICE_TLS_KEY: wanted the path of a PEM file, together with SLUICE_TLS_CERT; found nothing.',
      { SLUICE_TLS_CERT: pem },
    ],
    [
      'SLUICE_TLS_CERT: wanted the path of a PEM file, together with SLUICE_TLS_KEY; found nothing.',
      { SLUICE_TLS_KEY: pem },
    ],
    [
      `SLUICE_TLS_KEY: wanted the path of a PEM file, together with SLUICE_TLS_CERT; found "${notPem}".`,
      { SLUICE_TLS_CERT: pem, SLUICE_TLS_KEY: notPem },
    ],
    [
      'SLUICE_SOURCES: wanted CIDRs, host names and file: roots between commas, or "any", or "none"; found "10.0.0.0/8, b!d".',
      { SLUICE_SOURCES: '10.0.0.0/8, b!d' },
    ],
    ['SLUICE_CA_FILE: wanted the path of a readable PEM file; found "/nowhere".', { SLUICE_CA_FILE: '/nowhere' }],
    [
      `SLUICE_SECRET_KEY_FILE: wanted the path of a file with the key, and no SLUICE_SECRET_KEY beside it; found "${pem}".`,
      { SLUICE_SECRET_KEY: 'x'.repeat(32), SLUICE_SECRET_KEY_FILE: pem },
    ],
  ])('%s', (line, env) => {
    expect(() => readConfig(env)).toThrow(expect.objectContaining({ code: 'config_invalid', message: line }));
  });
});

test('secrets are not in what is printed, logged or turned into JSON', () => {
  const config = readConfig({
    SLUICE_ADMIN_PASSWORD: 'open sesame',
    SLUICE_SECRET_KEY: 'open sesame '.repeat(4),
    DATABASE_URL: 'postgresql://u:open%20sesame@h/d',
  });
  for (const text of [JSON.stringify(config), inspect(config, { depth: 9 }), `${config.secrets.secret_key}`]) {
    expect(text).not.toMatch(/open.{0,3}sesame/);
    expect(text).toContain('***');
  }
  expect(config.secrets.admin_password?.reveal()).toBe('open sesame');
});

test('every variable says what it wants and what it is for', () => {
  for (const [name, schema] of Object.entries(variables.shape)) {
    expect([name, schema.meta()]).toEqual([
      name,
      expect.objectContaining({ wanted: expect.any(String), about: expect.any(String) }),
    ]);
  }
});

test('a variable that looks like ours and is not is noticed', () => {
  expect(unknownVariables({ SLUICE_DATADIR: '/x', SLUICE_PORT: '1', SLUICE_URL: 'x', HOME: '/' })).toEqual([
    'SLUICE_DATADIR',
  ]);
});
