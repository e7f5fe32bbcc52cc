import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Wheel } from './projects.ts';

/** What pip says when it asks for an index page. The index's user and password are in Basic. */
export function pipHeaders(password?: string, user = '__token__'): Record<string, string> {
  return {
    'User-Agent': 'pip/26.0 {"ci":true,"cpu":"x86_64","implementation":{"name":"CPython","version":"3.13.1"}}',
    'Accept-Encoding': 'gzip, deflate',
    Accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
    'Cache-Control': 'max-age=0',
    ...(password !== undefined && { Authorization: basic(user, password) }),
  };
}

const uploadsAtOnce = 8;

/** What a browser, or a pip of 2020, asks for. */
export const htmlHeaders = { Accept: 'text/html', 'Accept-Encoding': 'gzip, deflate' };

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** An answer as it comes: nothing is unpacked. */
export interface RawAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly bytes: Buffer;
}

/** Ask on a connection of its own, so that the body can be taken piece by piece. */
export function openAnswer(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, { headers, agent: false }, resolve).on('error', reject));
}

export async function rawAnswer(url: string, headers: Record<string, string>): Promise<RawAnswer> {
  const answer = await openAnswer(url, headers);
  return { status: answer.statusCode!, etag: answer.headers.etag, bytes: await buffer(answer) };
}

/** Upload a wheel as twine does. @throws when it is refused. @see PyPI's upload API, "legacy" */
async function uploadWheel(url: string, authorization: string, wheel: Wheel): Promise<void> {
  const form = new FormData();
  const fields = {
    ':action': 'file_upload',
    protocol_version: '1',
    metadata_version: '2.4',
    name: wheel.project,
    version: wheel.version,
    filetype: 'bdist_wheel',
    pyversion: 'py3',
    sha256_digest: createHash('sha256').update(wheel.bytes).digest('hex'),
  };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('content', new Blob([new Uint8Array(wheel.bytes)]), wheel.fileName);
  const answer = await fetch(url, { method: 'POST', headers: { authorization }, body: form });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url} of ${wheel.fileName} answered ${answer.status}: ${text.slice(0, 500)}`);
}

/** Upload wheels, a few at a time, as releases of many projects come in. @throws as {@link uploadWheel}. */
export async function uploadWheels(url: string, authorization: string, wheels: readonly Wheel[]): Promise<void> {
  const waiting = wheels.toReversed();
  const work = async () => {
    for (let wheel = waiting.pop(); wheel; wheel = waiting.pop()) await uploadWheel(url, authorization, wheel);
  };
  await Promise.all(Array.from({ length: uploadsAtOnce }, work));
}

/** The files of a project's page and their digests, in JSON or HTML. @throws when it is not there. */
export async function listedFiles(url: string, headers: Record<string, string>): Promise<Map<string, string>> {
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET ${url} answered ${answer.status}: ${text.slice(0, 500)}`);
  if (answer.headers.get('content-type')?.includes('json')) {
    const { files } = JSON.parse(text) as { files: { filename: string; hashes: { sha256: string } }[] };
    return new Map(files.map(({ filename, hashes }) => [filename, hashes.sha256]));
  }
  const links = text.matchAll(/<a [^>]*href="[^"#]*#sha256=([0-9a-f]{64})"[^>]*>\s*([^<]+?)\s*<\/a>/g);
  return new Map(Array.from(links, ([, digest, name]) => [name!, digest!]));
}
