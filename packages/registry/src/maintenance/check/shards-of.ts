import { type ListedEntry, listedEntries } from '@sluice/catalog';
import type { Check } from './context.ts';

const portion = 1000;

/** The shards of a subdir that a publication lists, by key. */
export async function* shardsOf(
  { deps }: Check,
  channel: number,
  no: number,
  subdir: string,
): AsyncGenerator<ListedEntry[]> {
  for (let after = `${subdir}/`; ; ) {
    const page = (await listedEntries(deps.db, channel, { kind: 'shard', no }, after, portion)).filter(({ key }) =>
      key.startsWith(`${subdir}/`),
    );
    if (page.length > 0) yield page;
    if (page.length < portion) return;
    after = page.at(-1)!.key;
  }
}
