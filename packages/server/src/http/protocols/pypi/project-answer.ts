import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import type { FoundEntry } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import { readSimpleJson, writeSimpleHtml } from '@sluice/formats/pypi';
import { type BlobStore, blobRef, readChecked } from '@sluice/storage';
import { bestCoding } from '../accept-encoding.ts';
import type { Answer, ContentCoding } from '../answer.ts';
import { ofThePast, revalidated } from '../cache-control.ts';
import type { Place } from '../place.ts';
import { varyOfPage, type WantedForm } from './simple-form.ts';

/** What answering with a project's page works with. */
export interface ProjectDeps {
  now: () => Date;
  storage: BlobStore;
  /** What the head of a channel, or an older publication, lists under the key of a name, `<part>/<name>`. */
  entry: (channelId: number, no: number | undefined, key: string) => Promise<FoundEntry | undefined>;
}

/** Smaller pages gain nothing by being packed; so many bytes of the stored ones, which are. */
const packedFrom = 512;

const unpack = promisify(zstdDecompress);

/** A page is mostly digests: what more thorough levels save is one part in twenty, and the first to ask waits for it thrice as long. */
const packers = {
  zstd: (bytes: Uint8Array) => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  gzip: (bytes: Uint8Array) => promisify(gzip)(bytes, { level: 3 }),
} satisfies Record<ContentCoding, unknown>;

/**
 * Answer with a project's page: the JSON as it is stored, or HTML made of it; packed for who takes that. What is made is
 * remembered. Undefined when the publication lists nothing of the project.
 */
export async function projectAnswer(
  { now, storage, entry }: ProjectDeps,
  place: Place,
  { project, form: { form, contentType }, headers }: { project: string; form: WantedForm; headers: readonly string[] },
  request: IncomingMessage,
): Promise<Answer | undefined> {
  const { channel, at } = place;
  const found = await entry(channel.id, at?.no, `${pythonPart}/${project}`);
  if (!found) return undefined;
  const ref = blobRef(found);
  const coding =
    found.size < packedFrom ? undefined : bestCoding(request.headers['accept-encoding'] as string | undefined);
  const head = {
    contentType,
    cacheControl: at ? ofThePast(channel, at.ref, now()) : revalidated(channel),
    vary: varyOfPage(place),
    headers,
    // Other bytes are another tag: each form, packed or not.
    etag: `"${ref.sha256.slice(0, 32)}-${form}${coding === undefined ? '' : `-${coding}`}"`,
    lastModified: found.created_at,
  };
  if (form === 'json' && coding === undefined) return { ...head, body: { kind: 'unpacked', blob: found } };
  if (form === 'json' && coding === 'zstd') {
    return { ...head, body: { kind: 'blob', blob: found, small: true, encoded: coding } };
  }
  const page = async () => {
    const json = await unpack(await readChecked(storage, ref));
    return form === 'json' ? json : htmlOf(json);
  };
  const key = `${ref.sha256} ${form} ${coding ?? ''}`;
  if (coding === undefined) return { ...head, body: { kind: 'made', key, make: page } };
  const make = async () => packers[coding](await page());
  return { ...head, body: { kind: 'made', key, make, encoded: coding } };
}

function htmlOf(json: Uint8Array): Uint8Array {
  return Buffer.from(writeSimpleHtml(readSimpleJson(json)));
}
