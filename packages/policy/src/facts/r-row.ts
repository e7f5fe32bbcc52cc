import { type JsonObject, parseJsonObject } from '@sluice/formats/conda';
import { parseDcf, parseRFileName } from '@sluice/formats/cran';
import { md5ToBytes, parseMd5 } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import type { FactsRow } from './builder.ts';
import { type ListedWith, recordHash } from './text-hash.ts';

/**
 * The facts of one R package file, read from its paragraph of PACKAGES. The build says whether it is source or binary.
 *
 * @param file the file name.
 * @throws {FormatError} `dcf_syntax`, `cran_file_name`, `digest_md5`, `record_file_mismatch` when the paragraph is about another package.
 */
export function rFactsRow(file: string, body: Uint8Array, fromRev: number, listed: ListedWith = {}): FactsRow {
  const fields = parseDcf(body);
  const said = parseRFileName(file);
  const [name, version] = [fields.get('Package'), fields.get('Version')];
  if (name !== said.name || version !== said.version) {
    throw new FormatError('record_file_mismatch', `The index describes ${name} ${version} where ${file} stands.`, {
      wanted: `${said.name} ${said.version}`,
      found: `${name} ${version}`,
    });
  }
  const aside = listed.extra ? parseJsonObject(listed.extra, 'What was read beside the record', 'record_shape') : {};
  const license = fields.get('License');
  const md5 = fields.get('MD5sum');
  return {
    file,
    name: said.name,
    version: said.version,
    build: said.extension === 'tar.gz' && !fields.has('Built') ? 'source' : 'binary',
    buildNumber: 0,
    licence: license === undefined ? {} : { license },
    timestamp: timeOf(fields, aside),
    size: typeof aside.size === 'number' ? aside.size : undefined,
    md5: md5 === undefined ? undefined : md5ToBytes(parseMd5(md5)),
    fromRev,
    length: body.byteLength,
    recordHash: recordHash(file, body, listed),
  };
}

/** When the file came into its repository, as far as anybody says; of a binary at least when it was built. */
function timeOf(fields: ReadonlyMap<string, string>, { mtime }: JsonObject): number | undefined {
  const built = fields.get('Built')?.split(';')[2];
  const said = [
    typeof mtime === 'string' ? mtime : undefined,
    fields.get('Date/Publication'),
    fields.get('Published'),
    built,
  ];
  return said.map(readTime).find((time) => time !== undefined);
}

/** `2026-01-02T03:04:05Z`, `2026-01-02 03:04:05 UTC` or `2026-01-02`; without a zone it is UTC. */
function readTime(text: string | undefined): number | undefined {
  const [, day, time] =
    /^\s*(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.\d+)?)?\s*(?:Z|UTC)?\s*$/.exec(text ?? '') ?? [];
  const at = Date.parse(`${day}T${time ?? '00:00:00'}Z`);
  return Number.isNaN(at) ? undefined : at;
}
