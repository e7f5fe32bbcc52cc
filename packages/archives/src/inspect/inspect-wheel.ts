import type { WheelFileName } from '@sluice/formats/pypi';
import { DEFAULT_LIMITS, type Limits, openBudget } from '../limits.ts';
import { type RandomAccess, withRandomAccess } from '../random-access.ts';
import { readMember } from '../zip/read-member.ts';
import { findZipMembers, readZipMembers } from '../zip/read-members.ts';
import { collect } from './collect.ts';
import {
  METADATA_BYTES,
  metadataMissing,
  type PythonMetadata,
  pythonFileName,
  readPythonMetadata,
} from './python-metadata.ts';
import { isInDistInfo, wheelMembers } from './wheel-members.ts';
import { checkCoverage, checked, drain, type RecordEntry, readRecord } from './wheel-record.ts';
import { readWheelText, type WheelText } from './wheel-text.ts';

/** RECORD is held in memory; 64 MiB are half a million files. */
const RECORD_BYTES = 64 * 2 ** 20;

/** What a wheel is and says. */
export type WheelInspection = PythonMetadata & {
  readonly file: WheelFileName;
  /** The folder of its metadata, such as `foo-1.0.dist-info`. */
  readonly distInfo: string;
  readonly wheel: WheelText;
  /** Paths of all its files. */
  readonly paths: readonly string[];
  /** What was walked: members, and bytes unpacked. */
  readonly entries: number;
  readonly bytes: number;
};

/**
 * `level`: `full` (default) unpacks every file and holds it against RECORD; `info` reads the metadata only. `record`: `check` (default)
 * refuses a wheel whose RECORD does not list its very files, or other digests of what is read; `ignore` is for wheels of others, of
 * which many old ones are careless there and all installers take them. `now` is a clock in milliseconds.
 */
export type WheelOptions = {
  readonly limits?: Partial<Limits>;
  readonly level?: 'full' | 'info';
  readonly record?: 'check' | 'ignore';
  readonly now?: () => number;
};

/**
 * Open a wheel safely: its zip, its paths, its limits, and its metadata, which must be those of its file name.
 *
 * @param source a path, or bytes that can be read at any place.
 * @throws {ArchiveError} any code but those of conda; every one is final for these bytes.
 * @see PyPA "Binary distribution format" (PEP 427)
 */
export async function inspectWheel(
  source: string | RandomAccess,
  fileName: string,
  { limits = {}, level = 'full', record = 'check', now = () => performance.now() }: WheelOptions = {},
): Promise<WheelInspection> {
  const file = pythonFileName(fileName, 'wheel');
  const budget = openBudget({ ...DEFAULT_LIMITS, ...limits }, now);
  return withRandomAccess(source, async (access) => {
    const members = await readZipMembers(access, budget.limits.entries);
    const { files, distInfo } = wheelMembers(members, file, budget);

    async function contentOf(name: string, most: number, lines?: ReadonlyMap<string, RecordEntry>): Promise<Buffer> {
      const path = `${distInfo}/${name}`;
      const member = files.get(path);
      if (member === undefined) throw metadataMissing(path);
      const pieces = readMember(access, member, budget.compressed);
      return collect(checked(pieces, path, lines?.get(path)), path, member.size, most, budget);
    }

    const recordPath = `${distInfo}/RECORD`;
    const recordText = (await contentOf('RECORD', RECORD_BYTES)).toString('utf8');
    const lines = record === 'check' ? readRecord(recordText, recordPath) : undefined;
    if (lines !== undefined) checkCoverage(lines, files.keys(), recordPath);
    const metadataBytes = await contentOf('METADATA', METADATA_BYTES, lines);
    const wheelBytes = await contentOf('WHEEL', budget.limits.infoBytes, lines);
    if (level === 'full') {
      const read = new Set(['RECORD', 'METADATA', 'WHEEL'].map((name) => `${distInfo}/${name}`));
      for (const [path, member] of files) {
        if (read.has(path)) continue;
        await drain(checked(readMember(access, member, budget.compressed), path, lines?.get(path)), budget);
      }
    }
    return {
      ...readPythonMetadata(metadataBytes, `${distInfo}/METADATA`, file),
      file,
      distInfo,
      wheel: readWheelText(wheelBytes, `${distInfo}/WHEEL`),
      paths: [...files.keys()],
      entries: budget.entries,
      bytes: budget.bytes,
    };
  });
}

/**
 * Read the metadata of a wheel and nothing else, by the directory of its zip: a few reads, also over HTTP ranges. The rest of the
 * wheel is not judged.
 *
 * @throws {ArchiveError} as {@link inspectWheel}.
 */
export async function readWheelMetadata(
  source: string | RandomAccess,
  fileName: string,
  { limits = {}, now = () => performance.now() }: Pick<WheelOptions, 'limits' | 'now'> = {},
): Promise<PythonMetadata & { readonly file: WheelFileName }> {
  const file = pythonFileName(fileName, 'wheel');
  const budget = openBudget({ ...DEFAULT_LIMITS, ...limits }, now);
  return withRandomAccess(source, async (access) => {
    const found = await findZipMembers(access, budget.limits.entries, (name) => isInDistInfo(name, 'METADATA'));
    const { files, distInfo } = wheelMembers(found, file, budget);
    const path = `${distInfo}/METADATA`;
    const member = files.get(path)!;
    const pieces = readMember(access, member, budget.compressed);
    const content = await collect(pieces, path, member.size, METADATA_BYTES, budget);
    return { ...readPythonMetadata(content, path, file), file };
  });
}
