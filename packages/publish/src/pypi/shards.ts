import { type JsonObject, parseJsonObject } from '@sluice/formats/conda';
import { fileNameOf } from '@sluice/formats/package';
import { type ProjectStatus, readSimpleFile, type SimpleFile, writeSimpleJson } from '@sluice/formats/pypi';
import { plainSizes } from '../plain-sizes.ts';
import type { ShardFormat, ShownRecord } from '../shard-format.ts';

/** A project's page in JSON, which clients are served as it is. @see PEP 691 */
export const pythonShards: ShardFormat = {
  encode(name, records) {
    const asides = records.map(asideOf);
    // All files of a project say the same of it; those that were read before it changed are read again with it.
    const { status, status_reason: reason } = asides.find((aside) => aside.status !== undefined) ?? {};
    return Buffer.from(
      writeSimpleJson({
        name,
        files: records.map((record) => servedFile(name, record)),
        status: typeof status === 'string' ? (status as ProjectStatus) : undefined,
        statusReason: typeof reason === 'string' ? reason : undefined,
      }),
    );
  },
  sizeOf: plainSizes,
};

function asideOf({ extra }: ShownRecord): JsonObject {
  return extra ? parseJsonObject(extra, 'What was read beside the record', 'record_shape') : {};
}

/**
 * A file as it is served here: its bytes, metadata and attestations lie below this channel, wherever they came from. A
 * wheel's metadata can always be had, since it is read out of the wheel where the upstream has none.
 */
function servedFile(name: string, { file, body }: ShownRecord): SimpleFile {
  const described = readSimpleFile(body);
  const url = `../../pypi/${name}/${encodeURIComponent(fileNameOf('python', file))}`;
  const coreMetadata = described.coreMetadata || described.filename.endsWith('.whl');
  return described.provenance === undefined
    ? { ...described, url, coreMetadata }
    : { ...described, url, coreMetadata, provenance: `${url}.provenance` };
}
