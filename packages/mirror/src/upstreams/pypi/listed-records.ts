import type { RecordVersion } from '@sluice/catalog';
import { parseMd5, parseSha256 } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import {
  type CoreMetadata,
  parsePythonFileName,
  readPythonFileName,
  type SimpleFile,
  type SimplePage,
} from '@sluice/formats/pypi';
import type { ListedRecord } from '@sluice/registry';

/** What of a release's METADATA rules may ask for. */
export type ReleaseFacts = Pick<
  CoreMetadata,
  'license' | 'licenseExpression' | 'classifiers' | 'requiresDist' | 'providesExtra'
>;

/** What stands beside a record of Python, as JSON: what the project says of itself, and what the release's METADATA says. */
interface PythonExtra {
  status?: string;
  status_reason?: string;
  license?: string;
  license_expression?: string;
  classifiers?: readonly string[];
  requires_dist?: readonly string[];
  provides_extra?: readonly string[];
}

const decoder = new TextDecoder();
const control = /[\u0000-\u001f\u007f]/;

/**
 * The records of a page: each file's own text, under `<project>/<file name>`.
 *
 * Of a project in quarantine nothing may be offered, whatever its page lists (PEP 792).
 *
 * @param known what releases' METADATA says, by version as normalised.
 */
export function listedRecords(
  name: string,
  page: SimplePage,
  known: ReadonlyMap<string, ReleaseFacts>,
): ListedRecord[] {
  if (page.status === 'quarantined') return [];
  const said: PythonExtra = {
    ...(page.status !== 'active' && { status: page.status }),
    ...(page.statusReason !== undefined && { status_reason: page.statusReason }),
  };
  return page.files
    .filter(({ filename }) => !control.test(filename))
    .map((entry) => {
      const { filename, text } = entry;
      const version = known.size === 0 ? undefined : readPythonFileName(filename, name)?.version.text;
      const facts = version === undefined ? undefined : known.get(version);
      const extra = { ...said, ...(facts && factsJson(facts)) };
      return {
        file: `${name}/${filename}`,
        refusal: refusalOf(name, entry),
        // Not by a TextEncoder, which makes a memory of its own for each.
        body: Buffer.from(text),
        extra: Object.keys(extra).length === 0 ? null : Buffer.from(JSON.stringify(extra)),
      };
    });
}

/**
 * Why an entry of a page is no record of its file, which is what reading its facts would say: to read it again for that would take
 * as long as everything else does.
 */
function refusalOf(name: string, { filename, hashes }: SimpleFile): string | null {
  try {
    parsePythonFileName(filename, name);
    if (hashes.sha256 !== undefined) parseSha256(hashes.sha256);
    if (hashes.md5 !== undefined) parseMd5(hashes.md5);
    return null;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}

/** What was read of each release before, by version, where METADATA was read at all. */
export function knownFacts(name: string, live: readonly RecordVersion[]): Map<string, ReleaseFacts> {
  const known = new Map<string, ReleaseFacts>();
  for (const { file, extra } of live) {
    const version = readPythonFileName(file.slice(name.length + 1), name)?.version.text;
    if (version === undefined || extra === null || known.has(version)) continue;
    const said = JSON.parse(decoder.decode(extra)) as PythonExtra;
    // Written whenever METADATA was read.
    if (said.requires_dist === undefined) continue;
    known.set(version, {
      ...(said.license !== undefined && { license: said.license }),
      ...(said.license_expression !== undefined && { licenseExpression: said.license_expression }),
      classifiers: said.classifiers ?? [],
      requiresDist: said.requires_dist,
      providesExtra: said.provides_extra ?? [],
    });
  }
  return known;
}

function factsJson(facts: ReleaseFacts): PythonExtra {
  const { license, licenseExpression, classifiers, requiresDist, providesExtra } = facts;
  return {
    ...(license !== undefined && { license }),
    ...(licenseExpression !== undefined && { license_expression: licenseExpression }),
    ...(classifiers.length > 0 && { classifiers }),
    requires_dist: requiresDist,
    ...(providesExtra.length > 0 && { provides_extra: providesExtra }),
  };
}
