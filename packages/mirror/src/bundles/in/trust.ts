import { type Db, readSettings, recordEvent, saveSettings } from '@sluice/catalog';
import { keyIssuer } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { saveWatchedFiles, watchedFiles } from './watched-files.ts';

/** A key whose bundles are believed here. */
export interface TrustedIssuer {
  /** First 16 hex digits of the SHA-256 of the raw key. */
  issuer: string;
  /** The raw public key (32 bytes), base64. */
  key: string;
  /** Whose it is, in words. */
  note: string;
  added_at: string;
  added_by: string;
}

interface TrustDeps {
  db: Db;
  now: () => Date;
}

const settingName = '.bundle_trust';

/** Whose bundles are believed here, by issuer. */
export async function trustedIssuers(db: Db): Promise<TrustedIssuer[]> {
  const value = (await readSettings(db))[settingName];
  return Array.isArray(value) ? (value as TrustedIssuer[]) : [];
}

/** Their keys, as texts. */
export async function trustedKeyTexts(db: Db): Promise<string[]> {
  return (await trustedIssuers(db)).map(({ key }) => key);
}

/**
 * Believe bundles of a key from now on.
 *
 * @param wish.key 32 raw bytes as base64 or hex.
 * @throws {MirrorError} `bundle_key`.
 */
export async function trustIssuer(
  { db, now }: TrustDeps,
  wish: { key: string; note: string },
  actor: string,
): Promise<TrustedIssuer> {
  const known = keyIssuer(wish.key);
  if (!known) {
    throw new MirrorError(
      'bundle_key',
      'This is no public key: bring the one that `sluice bundle key` shows over there.',
      {
        wanted: '32 bytes as base64 or hex',
        found: wish.key.slice(0, 80),
      },
    );
  }
  const added: TrustedIssuer = { ...known, note: wish.note, added_at: now().toISOString(), added_by: actor };
  await change({ db, now }, actor, 'added', known.issuer, (all) => [
    ...all.filter(({ issuer }) => issuer !== known.issuer),
    added,
  ]);
  return added;
}

/** Believe them no more. @throws {MirrorError} `bundle_missing` when the issuer was not trusted. */
export async function distrustIssuer(deps: TrustDeps, issuer: string, actor: string): Promise<void> {
  await change(deps, actor, 'removed', issuer, (all) => {
    if (all.some((one) => one.issuer === issuer)) return all.filter((one) => one.issuer !== issuer);
    throw new MirrorError('bundle_missing', `Bundles of ${issuer} are not trusted here.`, { found: issuer });
  });
}

async function change(
  { db, now }: TrustDeps,
  actor: string,
  what: 'added' | 'removed',
  issuer: string,
  next: (all: TrustedIssuer[]) => TrustedIssuer[],
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const all = next(await trustedIssuers(trx));
    all.sort((a, b) => (a.issuer < b.issuer ? -1 : 1));
    await saveSettings(trx, { [settingName]: all }, now());
    // Files of an issuer that was not trusted are looked at again.
    const watched = await watchedFiles(trx);
    const kept = watched.filter(({ code }) => code !== 'bundle_foreign');
    if (kept.length < watched.length) await saveWatchedFiles(trx, kept, now());
    await recordEvent(trx, {
      at: now(),
      actor,
      action: 'bundle_trust_changed',
      subject: issuer,
      data: { [what]: issuer },
    });
  });
}
