import {
  type CompanionKind,
  insertRecordDigests,
  noOrigin,
  type Part,
  saveCompanions,
  sourceRevision,
} from '@sluice/catalog';
import { factsRowOf, type ListedWith } from '@sluice/policy';
import type { AdmitDeps, Guard } from './deps.ts';
import { type PartRefresh, refreshPart } from './refresh-part.ts';

/** A record as a bundle carries it. All its bytes are here. */
export interface BundledRecord {
  file: string;
  body: Uint8Array;
  listed: ListedWith;
  sha256: Uint8Array;
  companions: readonly { kind: CompanionKind; sha256: Uint8Array }[];
}

/** Versions whose digests and companions are noted by one statement. */
const portion = 2000;

/**
 * What a bundle lists in one part becomes the new state of that part of its source, with what stands beside the files. Nobody
 * shows it until a mirror moves there. {@link refreshPart}'s errors.
 */
export function admitBundledRecords(
  deps: AdmitDeps,
  input: { part: Part; records: AsyncIterable<BundledRecord>; guard?: Guard },
): Promise<PartRefresh> {
  const { part } = input;
  const factsRow = factsRowOf(part.subdir);
  const fresh: Pick<BundledRecord, 'file' | 'sha256' | 'companions'>[] = [];
  const digests = new Set<string>();
  return refreshPart(deps, {
    sourceId: part.source_id,
    subdir: part.subdir,
    rest: 'gone',
    origin: () => noOrigin,
    async feed({ take, drained }) {
      for await (const { file, body, listed, sha256, companions } of input.records) {
        const { isNew } = take(file, body, listed);
        await drained();
        if (!isNew) continue;
        const hasDigest = factsRow(file, body, 0, listed).sha256 != null;
        if (!hasDigest) digests.add(file);
        if (!hasDigest || companions.length > 0) fresh.push({ file, sha256, companions });
      }
    },
    async guard(trx) {
      const from_rev = await sourceRevision(trx, part.source_id);
      for (let at = 0; at < fresh.length; at += portion) {
        const versions = fresh.slice(at, at + portion);
        await insertRecordDigests(
          trx,
          part,
          versions.filter(({ file }) => digests.has(file)).map(({ file, sha256 }) => ({ file, from_rev, sha256 })),
        );
        await saveCompanions(
          trx,
          versions.flatMap(({ file, companions }) =>
            companions.map(({ kind, sha256 }) => ({ ...part, file, from_rev, kind, blob: sha256 })),
          ),
        );
      }
      await input.guard?.(trx);
    },
  });
}
