import { setTimeout as pause } from 'node:timers/promises';
import {
  advanceMirror,
  createFileLocks,
  type Db,
  enqueuePublication,
  findChannelById,
  findSourceName,
  type LazyMirror,
  lazyMirrors,
  notifyChanged,
  type SourceNameRow,
  sourceRevision,
} from '@sluice/catalog';
import { FormatError } from '@sluice/formats/errors';
import { pythonPart } from '@sluice/formats/package';
import { type LayerDefinition, pythonNameGate, type ReasonCode } from '@sluice/policy';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { keepVanished } from '../keep/keep-vanished.ts';
import { definitionIn } from '../run/layer-definition.ts';
import { upstreamOf } from '../upstream-of.ts';
import { refreshName } from '../upstreams/pypi/refresh-name.ts';
import { inTime } from './in-time.ts';
import { needsMetadata } from './needs-metadata.ts';

/**
 * What a lazy mirror has for a name after it was asked:
 *
 *     kept_out  its rules keep the name out whatever its files are (`reason`); nobody was asked
 *     fresh     what the upstream said is known, and no older than the ten minutes that it is believed
 *     stale     the upstream failed (`error`), and what it said before goes on to hold
 *     failed    the upstream failed, and nothing is known of the name
 */
export interface AskedMirror {
  mirror: Pick<LazyMirror, 'id' | 'name'>;
  status: 'kept_out' | 'fresh' | 'stale' | 'failed';
  /** What the upstream said last; undefined when it never said anything. */
  known: SourceNameRow | undefined;
  reason?: ReasonCode | undefined;
  error?: MirrorError | undefined;
}

/** What became of an ask: each lazy mirror of the channel, and whether any shows more than before. */
export interface AskedName {
  mirrors: readonly AskedMirror[];
  moved: boolean;
}

/** Asks upstreams for names when clients do. One for the life of a process. */
export interface NameAsker {
  /**
   * Bring what the channel's lazy mirrors have of a Python project up to what their upstreams say, within ten seconds. Of many
   * asks at once, here and in other processes, one goes out. Upstreams that fail are told of, not thrown.
   *
   * @param name normalised.
   */
  ask(channelId: number, name: string): Promise<AskedName>;
}

export interface AskerOptions {
  /** How long an upstream's word is believed, in ms. Default ten minutes. */
  freshMs?: number;
  /** How long a client waits, in ms. Default 10,000. */
  limitMs?: number;
  /** How long an upstream that failed is left alone, where there is an older answer, in ms. Default 15,000. */
  restMs?: number;
  /** How often to look whether another process has finished, in ms. Default 25. */
  pollMs?: number;
}

/** What makes two asks the same. */
interface Question {
  mirror: LazyMirror;
  name: string;
  withMetadata: boolean;
}

type Answer = { status: 'fresh' | 'stale' | 'failed'; known: SourceNameRow | undefined; error?: MirrorError };

/** See {@link NameAsker}. */
export function createNameAsker(deps: MirrorDeps, options: AskerOptions = {}): NameAsker {
  const { freshMs = 600_000, limitMs = 10_000, restMs = 15_000, pollMs = 25 } = options;
  const locks = createFileLocks(deps.pool);
  const underWay = new Map<string, Promise<Answer>>();
  const resting = new Map<number, { until: number; error: MirrorError }>();

  const placeOf = ({ mirror, name }: Question) => ({ source_id: mirror.source_id, subdir: pythonPart, name });

  function isFresh(known: SourceNameRow | undefined, withMetadata: boolean): known is SourceNameRow {
    if (!known) return false;
    const age = deps.now().getTime() - known.checked_at.getTime();
    // Younger than now: the clock was put back.
    return Math.abs(age) < freshMs && (!withMetadata || known.absent || known.meta.metadata === true);
  }

  /** Ask the upstream, unless another process does: then its answer is ours. */
  async function askSource(question: Question): Promise<Answer> {
    const { mirror, name, withMetadata } = question;
    const place = placeOf(question);
    const before = await findSourceName(deps.db, place);
    const rest = resting.get(mirror.source_id);
    if (before && rest && rest.until > performance.now()) return { status: 'stale', known: before, error: rest.error };
    try {
      return await inTime(limitMs, name, async (signal) => {
        const key = `name ${mirror.source_id} ${name}`;
        while (!(await locks.tryLock(key))) {
          await pause(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
        try {
          // Looked at under the lock: whoever had it before us may have finished just then.
          const known = await findSourceName(deps.db, place);
          if (isFresh(known, withMetadata)) return { status: 'fresh', known };
          const upstream = { ...upstreamOf(deps, mirror), signal };
          const guard = (trx: Db) => advance(deps, trx, mirror, name);
          const part = { source_id: mirror.source_id, subdir: pythonPart };
          await refreshName(deps, upstream, { part, name, known, withMetadata, attempts: 2, guard });
          resting.delete(mirror.source_id);
          return { status: 'fresh', known: await findSourceName(deps.db, place) };
        } finally {
          await locks.unlock(key).catch(() => {});
        }
      });
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      if (error.transient) resting.set(mirror.source_id, { until: performance.now() + restMs, error });
      return { status: before ? 'stale' : 'failed', known: before, error };
    }
  }

  function shared(question: Question): Promise<Answer> {
    const { mirror, name, withMetadata } = question;
    const key = `${mirror.source_id} ${withMetadata} ${name}`;
    const known = underWay.get(key);
    if (known) return known;
    const asked = askSource(question).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  }

  async function askMirror(
    mirror: LazyMirror,
    definition: LayerDefinition,
    name: string,
  ): Promise<AskedMirror & { moved: boolean }> {
    const reason = keptOut(definition, name);
    if (reason !== undefined) return { mirror, status: 'kept_out', reason, known: undefined, moved: false };
    const withMetadata = needsMetadata(definition);
    const place = placeOf({ mirror, name, withMetadata });
    const known = await findSourceName(deps.db, place);
    const answer: Answer = isFresh(known, withMetadata)
      ? { status: 'fresh', known }
      : await shared({ mirror, name, withMetadata });
    // Another mirror of the same source may have asked: then this one does not show it yet.
    const lacks = answer.known !== undefined && answer.known.revision > mirror.at_rev;
    if (lacks) await deps.db.transaction().execute((trx) => advance(deps, trx, mirror, name));
    return { mirror, ...answer, moved: lacks };
  }

  return {
    async ask(channelId, name) {
      const channel = await findChannelById(deps.db, channelId);
      const mirrors = channel ? await lazyMirrors(deps.db, channelId, 'python_simple') : [];
      if (!channel || mirrors.length === 0) return { mirrors: [], moved: false };
      const asked = await Promise.all(
        mirrors.map(async (mirror) => askMirror(mirror, await definitionIn(deps, channel, mirror), name)),
      );
      return { mirrors: asked.map(({ moved: _, ...one }) => one), moved: asked.some(({ moved }) => moved) };
    },
  };
}

/** A rule that cannot be read denies, here as for files. */
function keptOut(definition: LayerDefinition, name: string): ReasonCode | undefined {
  try {
    return pythonNameGate(definition)(name);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return 'rule_failed';
  }
}

/** Whoever asks publishes at once; the job that stands in for those who die before need not race with them. */
const publishedWithinMs = 2000;

/** Show what came in. The publication is asked for along with it: whoever asks may be gone before it is made. */
async function advance(
  deps: MirrorDeps,
  trx: Db,
  { id, source_id, channel_id, at_rev }: LazyMirror,
  name: string,
): Promise<void> {
  const to = { source_id, revision: await sourceRevision(trx, source_id) };
  await keepVanished(deps, trx, id, to, { cause: 'vanish' });
  // To the very revision whose vanished files are kept: the source may be further by now.
  const revision = await advanceMirror(trx, id, to);
  if (revision === undefined || revision <= at_rev) return;
  const standIn = new Date(Date.now() + publishedWithinMs);
  await enqueuePublication(trx, channel_id, [{ text: `first ask for ${name}`, actor: null }], standIn);
  await notifyChanged(trx, 'mirror', id);
}
