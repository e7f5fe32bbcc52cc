import { findPart, liveRecordsBetween, type Part, type SourceNameRow, touchSourceName } from '@sluice/catalog';
import { fileRange } from '@sluice/formats/package';
import { admitName, type Guard } from '@sluice/registry';
import type { MirrorDeps } from '../../deps.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { askProject } from './ask-project.ts';
import { knownFacts, listedRecords } from './listed-records.ts';
import { releaseFacts } from './release-facts.ts';
import { simpleRoot } from './simple-root.ts';

/** What is to be brought up to date, and how thoroughly. */
export interface NameWish {
  part: Part;
  /** Normalised. */
  name: string;
  known: SourceNameRow | undefined;
  /** Whether rules ask for what METADATA says. */
  withMetadata: boolean;
  /** Tries in all; the HTTP client's own number when left out. */
  attempts?: number | undefined;
  /** Runs last in every transaction. */
  guard?: Guard | undefined;
}

/** What was found: whether the name's records are others than before. `absent`: the upstream has no such project. */
export interface NameEnd {
  changed: boolean;
  absent: boolean;
}

/**
 * Bring one project of an index up to what the upstream has now.
 *
 * A project that is gone takes its files along: an index removes what is found to be malicious, and 404 is how it says so.
 *
 * @throws {MirrorError} what asking throws; then nothing has changed.
 */
export async function refreshName(deps: MirrorDeps, upstream: UpstreamDeps, wish: NameWish): Promise<NameEnd> {
  const { part, name, known } = wish;
  const rootBefore = (await findPart(deps.db, part))?.base_url ?? null;
  const root = await simpleRoot(upstream, rootBefore);
  const needsMetadata = wish.withMetadata && known?.meta.metadata !== true;
  const validators =
    known && !known.absent && !needsMetadata ? { etag: known.etag, lastModified: known.last_modified } : undefined;
  const answer = await askProject(upstream, root, name, validators, wish.attempts);
  if (answer.status === 'unchanged') return stillSame(deps, wish);
  const origin = { document_url: null, document_sha256: null, etag: null, last_modified: null, base_url: root };
  const admit = { part, name, origin, guard: wish.guard };
  if (answer.status === 'absent') {
    if (known?.absent) return stillSame(deps, wish);
    const nothing = { absent: true, document_sha256: null, etag: null, last_modified: null, meta: {} };
    // Only a page shows that the address of the pages was guessed right.
    const { changed } = await admitName(deps, {
      ...admit,
      origin: { ...origin, base_url: rootBefore },
      listed: [],
      answer: { ...nothing, checked_at: deps.now() },
    });
    return { changed, absent: true };
  }
  const { asked } = answer;
  const before = knownFacts(name, await liveRecordsBetween(deps.db, part, fileRange('python', name)));
  const { facts, complete } = wish.withMetadata
    ? await releaseFacts(upstream, name, asked, before)
    : { facts: before, complete: known?.meta.metadata === true };
  const { status, statusReason, lastSerial } = asked.page;
  const { changed } = await admitName(deps, {
    ...admit,
    listed: listedRecords(name, asked.page, facts),
    answer: {
      absent: false,
      document_sha256: asked.sha256,
      etag: asked.etag,
      last_modified: asked.lastModified,
      meta: {
        url: asked.url,
        status,
        ...(statusReason !== undefined && { status_reason: statusReason }),
        ...(lastSerial !== undefined && { serial: lastSerial }),
        ...(complete && wish.withMetadata && { metadata: true }),
      },
      checked_at: deps.now(),
    },
  });
  return { changed, absent: false };
}

async function stillSame(deps: MirrorDeps, { part, name, known, guard }: NameWish): Promise<NameEnd> {
  await deps.db.transaction().execute(async (trx) => {
    await touchSourceName(trx, { ...part, name }, deps.now());
    await guard?.(trx);
  });
  return { changed: false, absent: known?.absent ?? false };
}
