import { differentNames, indexUrl, type PublishedIndex, readIndex } from '../sluice/head.ts';
import { type Expected, expectedPart } from './expected.ts';
import type { KnownPart } from './known-part.ts';
import { publishedRecords, shardReader } from './published.ts';
import type { FilterRules } from './rules.ts';
import type { Scene } from './scene.ts';

/** Compares what is published, step after step, with what the rules mean. */
export interface Checker {
  /**
   * Read the shard index and every shard that is new in it: they must hold what is expected, and exactly the shards of
   * names whose expected records changed may differ from those of the last time.
   *
   * @throws when anything differs.
   */
  head(when: string, parts: readonly KnownPart[], rules: FilterRules): Promise<HeadStep>;
  /** Read `repodata.json.zst`: it must hold what the head was found to hold. @throws when it does not. */
  monolith(when: string): Promise<void>;
  /** The counts by reason must be those expected of the head. @throws when one is not. */
  counters(when: string, found: Readonly<Record<string, number>> | undefined): void;
}

/** How a head differs from the one before. */
export interface HeadStep {
  /** Shards of another content, or new, or gone. */
  readonly touched: number;
  /** Those of them that are not gone. */
  readonly written: number;
  /** Of the index of the first part. */
  readonly etag: string;
}

interface State {
  readonly index: PublishedIndex;
  readonly expected: Expected;
}

/** A checker of a channel that has not published anything yet. */
export function createChecker(scene: Scene, channel: string): Checker {
  const reader = shardReader();
  const states = new Map<string, State>();

  async function part(when: string, known: KnownPart, rules: FilterRules): Promise<HeadStep> {
    const { subdir } = known;
    const before = states.get(subdir);
    const expected = expectedPart(known, rules);
    const index = await readIndex(indexUrl(scene.life.sluice.url, channel, subdir));
    const found = await reader.read(index);
    const wrong = differentNames(expected.shards, found);
    if (wrong.size > 0) {
      const [name = ''] = wrong;
      const [wanted, got] = [expected.shards.get(name), found.get(name)];
      throw new Error(`${when}: ${wrong.size} shards of ${subdir} are wrong, such as ${name}: ${wanted}, found ${got}`);
    }
    const touched = differentNames(before?.index.shards ?? new Map(), index.shards);
    const mayDiffer = differentNames(before?.expected.shards ?? new Map(), expected.shards);
    const needless = [...touched].filter((name) => !mayDiffer.has(name));
    if (needless.length > 0) {
      throw new Error(`${when}: shards were rewritten whose records did not change: ${needless.slice(0, 5)}`);
    }
    states.set(subdir, { index, expected });
    const written = [...touched].filter((name) => index.shards.has(name)).length;
    return { touched: touched.size, written, etag: index.etag };
  }

  return {
    head: async (when, parts, rules) => {
      const steps: HeadStep[] = [];
      for (const known of parts) steps.push(await part(when, known, rules));
      const sum = (of: 'touched' | 'written') => steps.reduce((all, step) => all + step[of], 0);
      return { touched: sum('touched'), written: sum('written'), etag: steps[0]!.etag };
    },
    monolith: async (when) => {
      for (const [subdir, { expected }] of states) {
        const url = `${scene.life.sluice.url}/api/repo/${channel}/${subdir}/repodata.json.zst`;
        const { count, digest } = await publishedRecords(url);
        if (count !== expected.all.count || digest !== expected.all.digest) {
          throw new Error(`${when}: ${url} holds ${count} ${digest}, wanted ${JSON.stringify(expected.all)}`);
        }
      }
    },
    counters: (when, found) => {
      for (const reason of ['date', 'license', 'exclude_specs', 'duplicated_legacy_conda'] as const) {
        const wanted = [...states.values()].reduce((sum, { expected }) => sum + expected.dropped[reason], 0);
        if (found?.[reason] !== wanted) {
          throw new Error(`${when}: wanted ${wanted} dropped by ${reason}, counted ${JSON.stringify(found)}`);
        }
      }
    },
  };
}
