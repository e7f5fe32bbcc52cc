import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Schemas } from '@sluice/api-client';
import { channelUrlPath } from './channel-path.ts';
import type { Context } from './command.ts';
import { refused } from './connect.ts';
import { CliError } from './errors.ts';
import { digestOfFile, packageFiles, packageOfFile } from './package-files.ts';
import { gatherAll } from './paging.ts';
import { sendFile } from './send-file.ts';
import { sizeOf } from './size-of.ts';
import { sentOf } from './views/amounts.ts';

type Uploaded = Schemas['UploadedArtifact'];

/** A file to upload, and how. */
export interface UploadWish {
  file: string;
  channel: string;
  subdir?: string | undefined;
  /** Of a general file: what its versions stand under, and its version if it has one. */
  general?: { name: string; version?: string | undefined } | undefined;
  /** A file of that name is enough, whatever is in it. */
  skipExisting: boolean;
}

/** What became of it: new; there already with these very bytes; left alone because the name is taken. */
export type UploadOutcome = { status: 'uploaded' | 'unchanged'; artifact: Uploaded } | { status: 'skipped' };

/** Upload one file. @throws {CliError} `file_unreadable`, `file_changed`, `unreachable`, `refused`, `not_sluice`. */
export async function uploadOne(context: Context, wish: UploadWish): Promise<UploadOutcome> {
  const { file, channel, subdir, general, skipExisting } = wish;
  const { site, progress } = context;
  const fileName = basename(file);
  const size = await sizeOf(file);
  if (skipExisting && (await isThere(context, wish, fileName))) return { status: 'skipped' };
  const fields = {
    ...(general ? generalFields(general) : /\.(conda|tar\.bz2)$/.test(fileName) ? { filetype: 'conda1' } : {}),
    ...(subdir === undefined ? {} : { subdir }),
    size: String(size),
  };
  const urlPath = `${channelUrlPath(channel)}/artifacts`;
  const onProgress = (sent: number) => progress.show(fileName, sent, size, sentOf(sent, size));
  onProgress(0);
  const { status, body } = await sendFile({ site, urlPath, file, fileName, size, fields, onProgress }).finally(
    progress.clear,
  );
  if (status === 201 || status === 200) {
    return { status: status === 201 ? 'uploaded' : 'unchanged', artifact: body as Uploaded };
  }
  const error = refused(status, body, site.url);
  if (skipExisting && error.problem?.code === 'file_exists') return { status: 'skipped' };
  throw error;
}

function generalFields({ name, version }: NonNullable<UploadWish['general']>): Record<string, string> {
  return { filetype: 'file', name, ...(version === undefined ? {} : { version }) };
}

/**
 * Whether the channel shows these very bytes under this name; then nothing needs to be sent. What a package is stands inside
 * of it, so that name and digest say it all. Whether the name is taken by other bytes, only the server knows for sure.
 */
async function isThere(context: Context, { file, channel, general }: UploadWish, fileName: string): Promise<boolean> {
  const of = general ? { family: 'file' as const, name: general.name } : packageOfFile(fileName);
  if (of === undefined) return false;
  const shown = await gatherAll((query) => packageFiles(context, { channel, ...of }, query)).catch((error: unknown) => {
    if (error instanceof CliError && error.problem?.status === 404) return [];
    throw error;
  });
  const sameName = shown.filter(({ ckey }) => ckey.endsWith(`/${fileName}`));
  if (sameName.length === 0) return false;
  const digest = await sha256Of(file);
  return sameName.some((one) => digestOfFile(one) === digest);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash).catch((cause: unknown) => {
    throw new CliError('file_unreadable', `${file} cannot be read.`, { cause });
  });
  return hash.digest('hex');
}
