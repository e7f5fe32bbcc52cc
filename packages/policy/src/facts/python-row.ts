import { parseJsonObject } from '@sluice/formats/conda';
import { md5ToBytes, parseMd5, parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import { fileNameOf, packageNameOf } from '@sluice/formats/package';
import { parsePythonFileName, pythonLicenceText, readSimpleFile, type SimpleFile } from '@sluice/formats/pypi';
import type { FactsRow } from './builder.ts';
import type { LicenceText } from './facts.ts';
import { type ListedWith, recordHash } from './text-hash.ts';

/**
 * The facts of one Python file, read from its object in a project's page. Name and version are those of the file name, which is
 * what installers go by; the build is a wheel's tags, or `sdist`.
 *
 * @param file `<project>/<file name>`.
 * @throws {FormatError} `simple_malformed`, `record_file_mismatch` when the text is about another file, `python_file_name`
 *   for what is neither wheel nor source distribution of that project.
 */
export function pythonFactsRow(file: string, body: Uint8Array, fromRev: number, listed: ListedWith = {}): FactsRow {
  const described = readSimpleFile(body);
  const fileName = fileNameOf('python', file);
  if (described.filename !== fileName) {
    throw new FormatError(
      'record_file_mismatch',
      `The page describes ${described.filename} where ${fileName} stands.`,
      {
        wanted: fileName,
        found: described.filename,
      },
    );
  }
  const said = parsePythonFileName(fileName, packageNameOf('python', file));
  const uploaded = Date.parse(described.uploadTime ?? '');
  return {
    file,
    name: said.name,
    version: said.version.text,
    build: said.kind === 'wheel' ? said.tagText : 'sdist',
    buildNumber: said.kind === 'wheel' ? (said.build?.number ?? 0) : 0,
    licence: licenceOf(listed.extra),
    ...(Number.isNaN(uploaded) ? {} : { timestamp: uploaded }),
    size: described.size,
    ...digestsOf(described),
    fromRev,
    length: body.byteLength,
    signed: described.provenance !== undefined,
    recordHash: recordHash(file, body, listed),
  };
}

function digestsOf({ hashes }: SimpleFile): Pick<FactsRow, 'sha256' | 'md5'> {
  return {
    sha256: hashes.sha256 === undefined ? undefined : sha256ToBytes(parseSha256(hashes.sha256)),
    md5: hashes.md5 === undefined ? undefined : md5ToBytes(parseMd5(hashes.md5)),
  };
}

/** What was read of the file's metadata says of its licence. @see PEP 639 */
function licenceOf(extra: Uint8Array | null | undefined): LicenceText {
  if (!extra) return {};
  const said = parseJsonObject(extra, 'What was read beside the record', 'record_shape');
  const license = pythonLicenceText({
    ...(typeof said.license_expression === 'string' && { licenseExpression: said.license_expression }),
    ...(typeof said.license === 'string' && { license: said.license }),
    ...(Array.isArray(said.classifiers) && { classifiers: said.classifiers.filter((one) => typeof one === 'string') }),
  });
  return license === undefined ? {} : { license };
}
