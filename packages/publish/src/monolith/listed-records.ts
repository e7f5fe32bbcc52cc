import { type CopyBatch, copyOutInOrder, copyRecordsOfMap, type RecordMap } from '@sluice/catalog';
import { type PatchInstructions, patchRecord } from '@sluice/formats/conda';
import { type RecordPlace, recordHashAt } from '@sluice/policy';
import type { Pool } from 'pg';
import type { SubdirContent } from './subdir-content.ts';

/**
 * Go through the records that a publication lists of one subdir in one map, in the order of that map.
 *
 * They are told by their words: `isListed` is asked for every record that the layers had then, whether a rule hid it or
 * not. Streams on one connection, since publications that held one a layer would wait for each other for ever.
 *
 * @param take is shown each record where it lies, patches applied, and whether it is as it came. The object is used again; its bytes stay.
 * @returns how many were taken of each batch, so that the caller can catch up in between.
 */
export async function* listedRecords(
  pool: Pool,
  { subdir, parts: contents }: SubdirContent,
  map: RecordMap,
  isListed: (a: number, b: number) => boolean,
  take: (record: RecordPlace, isVerbatim: boolean) => void,
): AsyncGenerator<number> {
  const parts = contents.map(({ source_id, revision }) => ({ source_id, subdir, revision }));
  if (parts.length === 0) return;
  const client = await pool.connect();
  let finished = false;
  try {
    const { v3 } = map;
    const place = {
      bytes: noBytes,
      fileAt: 0,
      fileEnd: 0,
      bodyAt: 0,
      bodyEnd: 0,
      v3,
      extraAt: -1,
      extraEnd: -1,
      signaturesAt: -1,
      signaturesEnd: -1,
    };
    for await (const batch of copyOutInOrder(client, copyRecordsOfMap(parts, map))) {
      let taken = 0;
      for (let i = 0; i < batch.length; i++) {
        lieAt(place, batch, i);
        const record = seenThrough(contents[batch.integer(i, 3)!]!.patches, place);
        if (!record) continue;
        const [a, b] = recordHashAt(record);
        if (!isListed(a, b)) continue;
        take(record, record === place);
        taken++;
      }
      yield taken;
    }
    finished = true;
  } finally {
    // A connection left in the middle of a COPY is of no further use.
    client.release(!finished);
  }
}

const noBytes = new Uint8Array();

function lieAt(place: RecordPlace, batch: CopyBatch, row: number): void {
  place.bytes = batch.buffer;
  place.fileAt = batch.start(row, 0);
  place.fileEnd = place.fileAt + batch.size(row, 0);
  place.bodyAt = batch.start(row, 1);
  place.bodyEnd = place.bodyAt + batch.size(row, 1);
  const size = batch.size(row, 2);
  place.extraAt = size < 0 ? -1 : batch.start(row, 2);
  place.extraEnd = place.extraAt + Math.max(0, size);
  const signed = batch.size(row, 4);
  place.signaturesAt = signed < 0 ? -1 : batch.start(row, 4);
  place.signaturesEnd = place.signaturesAt + Math.max(0, signed);
}

function seenThrough(patches: readonly PatchInstructions[], place: RecordPlace): RecordPlace | undefined {
  let seen: RecordPlace | undefined = place;
  for (const patch of patches) seen = seen && patched(patch, seen);
  return seen;
}

/** The record as the channel shows it; undefined when its patches remove it. */
function patched(patches: PatchInstructions, place: RecordPlace): RecordPlace | undefined {
  const { bytes, v3, bodyAt, bodyEnd, extraAt, extraEnd, signaturesAt, signaturesEnd } = place;
  const file = bytes.subarray(place.fileAt, place.fileEnd);
  const name = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString();
  if (!patches.has(name)) return place;
  const body = bytes.subarray(bodyAt, bodyEnd);
  const runExports = extraAt < 0 ? null : bytes.subarray(extraAt, extraEnd);
  const shown = patchRecord(patches, name, body, { v3, runExports });
  if (shown.status === 'removed') return undefined;
  const signatures = signaturesAt < 0 ? noBytes : bytes.subarray(signaturesAt, signaturesEnd);
  const parts = [file, shown.body, shown.runExports ?? noBytes, signatures];
  const bodyStart = file.length;
  const bodyStop = bodyStart + shown.body.length;
  const extraStop = bodyStop + (shown.runExports?.length ?? 0);
  return {
    bytes: Buffer.concat(parts),
    fileAt: 0,
    fileEnd: file.length,
    bodyAt: bodyStart,
    bodyEnd: bodyStop,
    v3,
    extraAt: shown.runExports ? bodyStop : -1,
    extraEnd: extraStop,
    signaturesAt: signaturesAt < 0 ? -1 : extraStop,
    signaturesEnd: extraStop + signatures.length,
  };
}
