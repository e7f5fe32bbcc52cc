import { createHash } from 'node:crypto';
import { parseJsonObject } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { normaliseProjectName, parseCoreMetadata, readPythonFileName, type SimpleFile } from '@sluice/formats/pypi';
import { MirrorError } from '../../errors.ts';
import { openFile } from '../open-file.ts';
import { readBounded } from '../read-bounded.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { besideLink, linkLocation } from './locate.ts';

/** METADATA and attestations are some kilobytes; descriptions may be long. */
const mostBytes = 16 * 1024 * 1024;

/**
 * The METADATA of a file as its index has it, checked against the digest that the page gives; where it gives none, it must at
 * least be that of the project.
 *
 * @throws {MirrorError} `upstream_missing` when the page offers none; `digest_mismatch`; `upstream_malformed`; what reading throws.
 * @see PEP 658, PEP 714
 */
export async function openMetadata(
  deps: UpstreamDeps,
  pageUrl: string,
  file: SimpleFile,
  attempts?: number,
): Promise<Uint8Array> {
  const { filename, url, coreMetadata } = file;
  if (coreMetadata === false) throw missing(`The upstream offers no metadata of ${filename}.`);
  const bytes = await readBeside(deps, pageUrl, besideLink(url, '.metadata'), `${filename}.metadata`, attempts);
  if (coreMetadata === true) {
    mustBe(`the metadata of ${filename}`, () => {
      const { name } = parseCoreMetadata(bytes);
      return normaliseProjectName(name) === readPythonFileName(filename)?.name;
    });
    return bytes;
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === coreMetadata.sha256) return bytes;
  throw new MirrorError(
    'digest_mismatch',
    `The upstream's metadata of ${filename} is other than its page says; it was not taken.`,
    { wanted: coreMetadata.sha256, found },
  );
}

/**
 * The attestations of a file as its index has them, to the byte.
 *
 * @throws {MirrorError} `upstream_missing` when the page gives none; `upstream_malformed`; what reading throws.
 * @see PEP 740
 */
export async function openProvenance(deps: UpstreamDeps, pageUrl: string, file: SimpleFile): Promise<Uint8Array> {
  const { filename, provenance } = file;
  if (provenance === undefined) throw missing(`The upstream has no attestations of ${filename}.`);
  const bytes = await readBeside(deps, pageUrl, provenance, `${filename}.provenance`);
  mustBe(`the provenance of ${filename}`, () =>
    Array.isArray(parseJsonObject(bytes, 'The provenance', 'attestation').attestation_bundles),
  );
  return bytes;
}

/** What is taken is kept for good: a page of excuses must not be. @throws {MirrorError} `upstream_malformed`. */
function mustBe(what: string, isIt: () => boolean): void {
  let cause: unknown;
  try {
    if (isIt()) return;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    cause = error;
  }
  throw new MirrorError(
    'upstream_malformed',
    `What the upstream has for ${what} is something else; it was not taken.`,
    {
      wanted: what,
      found: 'something else',
      cause,
    },
  );
}

async function readBeside(
  deps: UpstreamDeps,
  pageUrl: string,
  href: string,
  name: string,
  attempts?: number,
): Promise<Uint8Array> {
  const location = linkLocation(deps.address, pageUrl, href, name);
  const opened = await openFile(deps, location, name, { from: 0, attempts });
  return readBounded(opened.bytes, mostBytes, name);
}

function missing(message: string): MirrorError {
  return new MirrorError('upstream_missing', message, { wanted: 'a file beside it', found: 'none' });
}
