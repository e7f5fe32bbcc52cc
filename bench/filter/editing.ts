import { timed } from '../measure.ts';
import { indexUrl, untilChanged } from '../sluice/head.ts';
import type { Checker } from './checker.ts';
import type { KnownPart } from './known-part.ts';
import { type FilterRules, wireFilters } from './rules.ts';
import type { Scene } from './scene.ts';

/** The channel and mirror of the bench, as the last step left them. */
export interface Editing {
  readonly scene: Scene;
  readonly checker: Checker;
  readonly channel: string;
  readonly mirrorId: string;
  readonly log: (line: string) => void;
  /** What the upstream has. */
  parts: readonly KnownPart[];
  rules: FilterRules;
  /** Of the shard index of the first part. */
  etag: string;
}

/** An edit as it was measured. */
export interface Edited {
  /** From the request that changes the rules to the first answer with another shard index. */
  readonly seconds: number;
  /** Shards that were written, of another content or gone. */
  readonly touched: number;
}

/**
 * Change the rules of the mirror, wait until the head shows it and everything behind it is done, and check all that is
 * published.
 *
 * @throws when something wrong is published, or a shard was written that did not change.
 */
export async function editRules(editing: Editing, when: string, rules: FilterRules): Promise<Edited> {
  const { scene, channel, mirrorId, log } = editing;
  const { sluice, api } = scene.life;
  const { head_no } = await scene.life.database.head(channel);
  const { seconds } = await timed(async () => {
    await api.editMirror(channel, mirrorId, { filters: wireFilters(rules) });
    await untilChanged(indexUrl(sluice.url, channel), editing.etag);
  });
  editing.rules = rules;
  const touched = await checkStep(editing, when, head_no);
  log(`${when}: ${seconds.toFixed(3)} s, ${touched} shards`);
  return { seconds, touched };
}

/** Check head and, once it has followed, monolith. @returns how many shards were touched since publication `before`. */
export async function checkStep(editing: Editing, when: string, before: number): Promise<number> {
  const { scene, checker, channel } = editing;
  const { touched, written, etag } = await checker.head(when, editing.parts, editing.rules);
  editing.etag = etag;
  const { database } = scene.life;
  const put = await database.shardsSince(channel, before);
  if (put !== written) throw new Error(`${when}: ${written} shards changed, and ${put} were written.`);
  await database.settled(channel);
  await checker.monolith(when);
  return touched;
}
