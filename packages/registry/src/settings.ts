import { isDeepStrictEqual } from 'node:util';
import { type Db, readSettings, recordEvent, saveSettings } from '@sluice/catalog';
import { type RetentionDays, usualRetention } from '@sluice/policy';
import type { Actor, ChannelDeps } from './channels/deps.ts';

/** The settings of the whole installation. Keys that this version does not know are kept as they came. */
export interface SystemSettings extends Record<string, unknown> {
  /** Every account gets a private channel of its name at its first sign-in. */
  user_channel_autocreate: boolean;
  /** How long publications are kept where a channel says nothing else. */
  retention: RetentionDays;
  /** For how many hours a collection leaves alone what nothing needs, twice over; at least one. */
  collect_grace_hours: number;
}

const DEFAULTS: SystemSettings = {
  user_channel_autocreate: true,
  retention: usualRetention,
  collect_grace_hours: 24,
};

/** All settings, those that nobody has set with their defaults. */
export async function systemSettings(db: Db): Promise<SystemSettings> {
  const set = Object.entries(await readSettings(db)).filter(([name]) => !isOwn(name));
  return { ...DEFAULTS, ...Object.fromEntries(set) };
}

/** Whether the server keeps a setting for itself (keys, whom it trusts): neither shown nor changed with the others. */
function isOwn(name: string): boolean {
  return name.startsWith('.');
}

/**
 * Change settings; what is left out stays as it is.
 *
 * @see product.md OP-07
 */
export async function editSettings(
  deps: ChannelDeps,
  wish: Partial<SystemSettings>,
  actor: Actor,
): Promise<SystemSettings> {
  return deps.db.transaction().execute(async (trx) => {
    const before = await systemSettings(trx);
    const names = Object.keys(wish).filter((name) => !isOwn(name) && !isDeepStrictEqual(before[name], wish[name]));
    if (names.length === 0) return before;
    const now = deps.now();
    await saveSettings(trx, Object.fromEntries(names.map((name) => [name, wish[name]])), now);
    // Only what we know to be no secret is told with its value.
    const changed = Object.fromEntries(
      names.map((name) => [name, Object.hasOwn(DEFAULTS, name) ? { from: before[name], to: wish[name] } : {}]),
    );
    await recordEvent(trx, { at: now, actor: actor.name, action: 'settings_updated', data: { changed } });
    return { ...before, ...wish } as SystemSettings;
  });
}
