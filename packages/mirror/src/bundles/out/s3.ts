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

/** Upload a file as `<prefix>/<name>`. @returns where it lies, `s3://bucket/key`. */
export async function uploadPart(
  guard: SourceGuard,
  output: string,
  part: { name: string; path: string },
  signal?: AbortSignal,
): Promise<string> {
  return withClient(output, async (client) => {
    await allowed(client, guard);
    const { Upload } = await import('@aws-sdk/lib-storage');
    const { bucket, prefix } = placeOf(output);
    const Key = prefix + part.name;
    const Body = createReadStream(part.path, { highWaterMark: 1 << 20 });
    const upload = new Upload({ client, params: { Bucket: bucket, Key, Body }, partSize: pieceBytes, queueSize: 2 });
    const abort = () => void upload.abort();
    signal?.addEventListener('abort', abort);
    try {
      await upload.done();
    } finally {
      signal?.removeEventListener('abort', abort);
      Body.destroy();
    }
    return `s3://${bucket}/${Key}`;
  });
}

/** Remove what lies at `s3://bucket/key`. */
export async function deleteObject(place: string): Promise<void> {
  await withClient(place, async (client) => {
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
    const { hostname, pathname } = new URL(place);
    await client.send(new DeleteObjectCommand({ Bucket: hostname, Key: decodeURIComponent(pathname.slice(1)) }));
  });
}

async function withClient<T>(output: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await openClient();
  try {
    return await work(client);
  } catch (cause) {
    if (cause instanceof MirrorError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new MirrorError('bundle_output', `${output} cannot be written: ${said}.`, { found: output, cause });
  } finally {
    client.destroy();
  }
}
