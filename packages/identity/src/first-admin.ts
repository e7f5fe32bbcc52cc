import { anyAccount, type Db, insertAccount, recordEvent } from '@sluice/catalog';
import { hashPassword } from './password.ts';
import { randomText } from './secret.ts';

/** What {@link ensureFirstAdmin} did. `generated` is the password it made up: show it once, it is stored nowhere. */
export type FirstAdmin = { created: false } | { created: true; generated: string | undefined };

/** The name of the first administrator. */
export const FIRST_ADMIN = 'admin';

/**
 * Create the account `admin` in a database that has no account yet. Nodes that start together create one.
 *
 * @param password the one to give it; without it a random one of 142 bits is made.
 */
export async function ensureFirstAdmin(
  deps: { db: Db; now: () => Date; newId: () => string },
  password: string | undefined,
): Promise<FirstAdmin> {
  return deps.db.transaction().execute(async (tx) => {
    if (await anyAccount(tx)) return { created: false };
    const generated = password === undefined ? randomText(24) : undefined;
    const now = deps.now();
    await insertAccount(tx, {
      id: deps.newId(),
      name: FIRST_ADMIN,
      password_hash: await hashPassword(password ?? generated!),
      roles: ['admin', 'author'],
      created_at: now,
    });
    await recordEvent(tx, { at: now, actor: 'system', action: 'user_created', subject: FIRST_ADMIN });
    return { created: true, generated };
  });
}
