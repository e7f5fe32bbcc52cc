import { createReadStream } from 'node:fs';
import { MirrorError } from '../../errors.ts';
import type { SourceGuard } from '../../fetch/source-guard.ts';

/** Bytes of one piece of an upload: with 10,000 of them a part of 600 GB goes up. */
const pieceBytes = 64 * 1024 * 1024;

/** Read `s3://bucket/prefix`. */
function placeOf(output: string): { bucket: string; prefix: string } {
  const { hostname, pathname } = new URL(output);
  const prefix = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '');
  return { bucket: hostname, prefix: prefix === '' ? '' : `${prefix}/` };
}

/** `s3://bucket/key`, which `deleteObject` reads. */
function addressOf(bucket: string, key: string): string {
  return `s3://${bucket}/${encodeURI(key).replace(/[#?]/g, encodeURIComponent)}`;
}

/**
 * Made when it is needed: few installations have a store of objects. Address, region and credentials are what the usual environment
 * variables of S3's clients say; the address is handed over, so that the guard sees the one that is asked.
 */
async function openClient() {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION = 'us-east-1' } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  return new S3Client({ region: AWS_REGION, ...(endpoint !== undefined && { endpoint, forcePathStyle: true }) });
}

type Client = Awaited<ReturnType<typeof openClient>>;

/** The same rules as for sources: a server without a network goes nowhere. @throws {MirrorError} `source_refused`. */
export async function checkBucket(guard: SourceGuard, output: string): Promise<void> {
  await withClient(output, (client) => allowed(client, guard));
}

async function allowed(client: Client, guard: SourceGuard): Promise<void> {
  const own = await client.config.endpoint?.();
  const { protocol, hostname, port } = own ?? (await regional(client));
  await guard.addresses(hostname, Number(port) || (protocol === 'http:' ? 80 : 443));
}

/** Where the client would go by itself. */
async function regional({ config }: Client): Promise<URL> {
  return config.endpointProvider({ Region: await config.region(), UseFIPS: false, UseDualStack: false }).url;
}

/** What an upload is held to while it lasts. */
interface UploadOptions {
  /** Called about once a second; what it throws ends the upload. */
  tick(): Promise<void>;
  signal?: AbortSignal | undefined;
}

const tickMs = 1000;
/** Nothing depends on what is tidied up, so nobody waits longer for it. */
const tidyMs = 20_000;

/**
 * Upload a file as `<prefix>/<name>`: it appears when it is whole. What earlier tries of it left unfinished is removed.
 *
 * @returns where it lies, `s3://bucket/key`.
 * @throws {MirrorError} `source_refused`, `bundle_output`; what `tick` throws.
 */
export async function uploadPart(
  guard: SourceGuard,
  output: string,
  part: { name: string; path: string },
  { tick, signal }: UploadOptions,
): Promise<string> {
  let ended: { by: unknown } | undefined;
  const uploading = withClient(output, async (client) => {
    await allowed(client, guard);
    const { Upload } = await import('@aws-sdk/lib-storage');
    const { bucket, prefix } = placeOf(output);
    const object = { Bucket: bucket, Key: prefix + part.name };
    const Body = createReadStream(part.path, { highWaterMark: 1 << 20 });
    const upload = new Upload({ client, params: { ...object, Body }, partSize: pieceBytes, queueSize: 2 });
    const abort = () => void upload.abort();
    signal?.addEventListener('abort', abort);
    const end = (by: unknown) => {
      ended ??= { by };
      abort();
    };
    const ticking = setInterval(() => void tick().catch(end), tickMs);
    try {
      await upload.done();
    } finally {
      clearInterval(ticking);
      signal?.removeEventListener('abort', abort);
      abort();
      Body.destroy();
    }
    await removeUnfinished(client, { Bucket: bucket, keys: new Set([object.Key]), prefix: object.Key });
    return addressOf(bucket, object.Key);
  });
  return uploading.catch((error: unknown) => {
    // Not the bucket's fault: the catalog may be away for a moment.
    throw ended ? ended.by : error;
  });
}

/** Give up what was begun of parts that nobody will finish, where the keys may; a server that is away keeps it. */
export async function abandonUploads(output: string, names: readonly string[]): Promise<void> {
  const { bucket, prefix } = placeOf(output);
  const client = await openClient();
  await removeUnfinished(client, { Bucket: bucket, keys: new Set(names.map((name) => prefix + name)), prefix });
  client.destroy();
}

/** Nobody sees an upload that was never finished, but its bytes are kept and paid for. */
async function removeUnfinished(
  client: Client,
  { Bucket, keys, prefix }: { Bucket: string; keys: ReadonlySet<string>; prefix: string },
): Promise<void> {
  const { AbortMultipartUploadCommand, ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3');
  const abortSignal = AbortSignal.timeout(tidyMs);
  try {
    const listed = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: prefix }), { abortSignal });
    for (const { Key, UploadId } of listed.Uploads ?? []) {
      if (Key === undefined || !keys.has(Key)) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal });
    }
  } catch {
    // Who may only write may not look for them.
  }
}

/** Remove what lies at `s3://bucket/key`, if anything does. @throws {MirrorError} `bundle_output`. */
export async function deleteObject(place: string): Promise<void> {
  await withClient(
    place,
    async (client) => {
      const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
      const { hostname, pathname } = new URL(place);
      await client.send(new DeleteObjectCommand({ Bucket: hostname, Key: decodeURIComponent(pathname.slice(1)) }));
    },
    'removed',
  );
}

async function withClient<T>(
  place: string,
  work: (client: Client) => Promise<T>,
  what: 'written' | 'removed' = 'written',
): Promise<T> {
  const client = await openClient();
  try {
    return await work(client);
  } catch (error) {
    if (error instanceof MirrorError) throw error;
    // It is no cause of ours: S3 sends back what was signed, a session's token in it, and a log would have it.
    throw new MirrorError('bundle_output', `${place} cannot be ${what}: ${wordsOf(error)}.`, { found: place });
  } finally {
    client.destroy();
  }
}

/** The code and the sentence of an error of S3; of a connection's, what the system says. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  const sentence = message === '' && 'code' in error ? String(error.code) : message.replace(/\.$/, '');
  return name === 'Error' || name === 'AggregateError' ? sentence : `${name}: ${sentence}`;
}
