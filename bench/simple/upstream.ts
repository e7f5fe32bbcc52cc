import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** An index on loopback whose answers are made beforehand, that its own time counts as little as can be. */
export interface SimpleUpstream {
  /** Of its list, `…/simple`. */
  readonly url: string;
  /** How often pages were asked for. */
  asked(): number;
  close(): Promise<void>;
}

/** What an index has: projects by name with how many files each, and so many names in its list. */
export interface UpstreamContent {
  readonly projects: ReadonlyMap<string, number>;
  readonly listed: number;
}

const json = 'application/vnd.pypi.simple.v1+json';

/** Start one. It speaks JSON with validators, packed for who takes gzip, as large indexes do. @see PEP 691 */
export async function startSimpleUpstream({ projects, listed }: UpstreamContent): Promise<SimpleUpstream> {
  const answers = new Map<string, PackedAnswer>();
  for (const [name, files] of projects) answers.set(`/simple/${name}/`, packed(pageText(name, files)));
  answers.set('/simple/', packed(listText([...projects.keys()], listed)));
  let asked = 0;
  const server = createServer((request, response) => {
    const answer = answers.get(request.url ?? '');
    if (request.url !== '/simple/') asked++;
    if (!answer) return void response.writeHead(404).end();
    const { etag, body } = answer;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
    const headers = { 'content-type': json, 'content-encoding': 'gzip', 'content-length': body.length, etag };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The names of a list of so many, beside those given; in the order of the list. */
export function listedNames(given: readonly string[], count: number): string[] {
  const made = Array.from({ length: Math.max(0, count - given.length) }, (_, n) => `listed-project-${n}`);
  return [...given, ...made].sort();
}

interface PackedAnswer {
  etag: string;
  body: Buffer;
}

function packed(text: string): PackedAnswer {
  const etag = `"${sha256(text).slice(0, 32)}"`;
  return { etag, body: gzipSync(text, { level: 6 }) };
}

function listText(given: readonly string[], count: number): string {
  const projects = listedNames(given, count).map((name, n) => ({ '_last-serial': 30_000_000 + n, name }));
  return JSON.stringify({ meta: { '_last-serial': 40_000_000, 'api-version': '1.4' }, projects });
}

const pythons = ['cp310', 'cp311', 'cp312', 'cp313'];
const platforms = [
  'manylinux_2_17_x86_64.manylinux2014_x86_64',
  'manylinux_2_17_aarch64.manylinux2014_aarch64',
  'macosx_11_0_arm64',
  'musllinux_1_2_x86_64',
  'win_amd64',
];

/** The page of a project that releases a source distribution and wheels for each Python and platform. */
function pageText(name: string, count: number): string {
  const distribution = name.replaceAll('-', '_');
  const kinds = ['.tar.gz', ...pythons.flatMap((python) => platforms.map((one) => `-${python}-${python}-${one}.whl`))];
  const versions: string[] = [];
  const files = Array.from({ length: count }, (_, n) => {
    const release = Math.floor(n / kinds.length);
    const version = `${Math.floor(release / 40) + 1}.${Math.floor(release / 5) % 8}.${release % 5}`;
    if (n % kinds.length === 0) versions.push(version);
    return fileObject(name, `${distribution}-${version}${kinds[n % kinds.length]}`, n);
  });
  const meta = { '_last-serial': 40_000_000, 'api-version': '1.4' };
  const status = { status: 'active' };
  return JSON.stringify({ 'alternate-locations': [], files, meta, name, 'project-status': status, versions });
}

function fileObject(name: string, filename: string, number: number) {
  const digest = sha256(filename);
  const isWheel = filename.endsWith('.whl');
  const metadata = isWheel ? { sha256: sha256(`METADATA of ${filename}`) } : false;
  const place = `${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest.slice(4)}`;
  return {
    'core-metadata': metadata,
    'data-dist-info-metadata': metadata,
    filename,
    hashes: { sha256: digest },
    provenance: number % 3 === 0 ? `../../integrity/${name}/${filename}/provenance` : null,
    'requires-python': '>=3.10',
    size: 20_000_000 + number,
    'upload-time': new Date(1_700_000_000_000 + number * 600_000).toISOString(),
    url: `../../packages/${place}/${filename}`,
    yanked: number % 97 === 0 && 'superseded',
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
