import { type EntryPageRow, publishedDigests } from '@sluice/catalog';
import { RegistryError } from '../../errors.ts';
import type { MaintenanceDeps } from '../deps.ts';
import { readShardFiles } from '../read-shard.ts';

/** Shards read at once: each is small, and lies in a pack with its neighbours. */
const atOnce = 8;

/**
 * Hand over the digests of all package files that these shards list.
 *
 * @throws {RegistryError} `collect_unreadable` when one cannot be read: nobody knows then what it needs.
 */
export async function eachShardFile(
  deps: Pick<MaintenanceDeps, 'db' | 'storage'>,
  shards: readonly EntryPageRow[],
  take: (digest: Uint8Array) => void,
): Promise<void> {
  const nameless = new Map<string, string[]>();
  for (let at = 0; at < shards.length; at += atOnce) {
    const some = shards.slice(at, at + atOnce);
    const read = await Promise.all(some.map((shard) => filesOf(deps, shard)));
    some.forEach(({ key }, i) => {
      for (const { file, sha256 } of read[i]!) {
        if (sha256 !== undefined) take(Buffer.from(sha256, 'hex'));
        else nameless.set(subdirOf(key), [...(nameless.get(subdirOf(key)) ?? []), file]);
      }
    });
  }
  for (const [subdir, files] of nameless) {
    for (const digest of await publishedDigests(deps.db, subdir, files)) take(digest);
  }
}

async function filesOf(deps: Pick<MaintenanceDeps, 'storage'>, shard: EntryPageRow) {
  try {
    return await readShardFiles(deps.storage, shard);
  } catch (cause) {
    throw new RegistryError(
      'collect_unreadable',
      `The shard ${shard.key} of a kept publication cannot be read, so nobody knows which files it needs. Nothing was removed. Run the check, and reindex the channel.`,
      { found: shard.key, cause },
    );
  }
}

function subdirOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
