import { createHash } from 'node:crypto';
import {
  channelsAbove,
  channelsBelow,
  type Db,
  deleteProjectList,
  enqueuePublication,
  findChannelById,
  findProjectList,
  insertBlobs,
  lazyMirrors,
  notifyChanged,
  ownProjects,
  reservedAgainst,
  type SourceListRow,
  saveProjectList,
  sourceLists,
} from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import { SIMPLE_API_VERSION } from '@sluice/formats/pypi';
import { type LayerDefinition, type PackageType, pythonNameGate } from '@sluice/policy';
import { putCompressed } from '@sluice/storage';
import { documentLevel } from '../monolith/document-level.ts';
import { gathered } from '../monolith/gathered.ts';
import type { MonolithDeps } from '../monolith/monolith-deps.ts';
import { mergedProjects, type ProjectPortions, storedProjects } from './project-names.ts';

/** An upstream's list as a channel lets it through: by the rules of the mirror, and of each channel it passes. */
interface GatedList {
  list: SourceListRow;
  definitions: readonly LayerDefinition[];
}

/**
 * Bring the list of projects that a channel's head answers with up to what its mirrors' upstreams list: every name that their
 * rules let through as far as a name alone tells, and what the channel has of its own. Does nothing where that is what the list
 * was made of.
 *
 * A channel without such a mirror answers with the list of its publication. That of a frozen channel stays.
 *
 * @returns whether the list is another.
 */
export async function bringProjectList(deps: MonolithDeps, channelId: number): Promise<boolean> {
  const { db } = deps;
  const before = await findProjectList(db, channelId);
  // Frozen, it shows what it showed; a list it never had is made all the same.
  if (before && (await findChannelById(db, channelId))?.frozen) return false;
  const lists = await gatedLists(db, channelId, []);
  if (lists.length === 0) {
    const went = await deleteProjectList(db, channelId);
    if (went) await notifyChanged(db, 'head', channelId);
    return went;
  }
  const sources = lists.map(({ list }) => list.source_id);
  const own = await ownProjects(db, channelId, pythonPart, sources);
  const made_from = digestOf(lists, own);
  if (before && Buffer.compare(before.made_from, made_from) === 0) return false;
  const { blob, names } = await writeList(deps, lists, own);
  return db.transaction().execute(async (trx) => {
    if (!(await findChannelById(trx, channelId))) return false;
    await insertBlobs(trx, [blob], deps.now());
    await saveProjectList(trx, { channel_id: channelId, made_from, blob: blob.sha256, names, created_at: deps.now() });
    await notifyChanged(trx, 'head', channelId);
    // What they list is this and their own.
    for (const { id } of await channelsAbove(trx, [channelId])) {
      await enqueuePublication(trx, id, [{ text: 'the list of projects below', actor: null }]);
    }
    return true;
  });
}

/** The lists of a channel's lazy mirrors, and of those of the channels below it. */
async function gatedLists(db: Db, channelId: number, above: readonly LayerDefinition[]): Promise<GatedList[]> {
  const channel = await findChannelById(db, channelId);
  if (!channel) return [];
  const types = channel.types as PackageType[];
  const mirrors = await lazyMirrors(db, channelId, 'python_simple');
  const lists = new Map(
    (
      await sourceLists(
        db,
        pythonPart,
        mirrors.map(({ source_id }) => source_id),
      )
    ).map((list) => [list.source_id, list]),
  );
  const gated: GatedList[] = [];
  for (const mirror of mirrors) {
    const list = lists.get(mirror.source_id);
    if (!list) continue;
    const { filters, keep_legacy: keepLegacy } = mirror;
    const own = {
      types,
      channel: channel.filters,
      mirror: { filters, keepLegacy, ...(await reservedAgainst(db, mirror)) },
    };
    gated.push({ list, definitions: [...above, own] });
  }
  const passing = [...above, { types, channel: channel.filters }];
  for (const { id } of await channelsBelow(db, channelId)) gated.push(...(await gatedLists(db, id, passing)));
  return gated;
}

/** The digest of all that a list is made of. */
function digestOf(lists: readonly GatedList[], own: readonly string[]): Buffer {
  const from = lists.map(({ list, definitions }) => [Buffer.from(list.sha256).toString('hex'), definitions]);
  return createHash('sha256')
    .update(JSON.stringify([from, own]))
    .digest();
}

async function writeList(deps: MonolithDeps, lists: readonly GatedList[], own: readonly string[]) {
  const document = gathered();
  const add = (text: string) => document.add(Buffer.from(text, 'latin1'));
  const upstream = lists.map(({ list, definitions }) => {
    const gates = definitions.map(gateOf);
    return storedProjects(deps.storage, list, (name) => gates.every((gate) => gate(name) === undefined));
  });
  add(`{"meta":{"api-version":"${SIMPLE_API_VERSION}"},"projects":[`);
  let names = 0;
  for await (const portion of mergedProjects([ownPortion(own), ...upstream])) {
    if (portion.length === 0) continue;
    add((names > 0 ? ',' : '') + portion.map(({ written }) => `{"name":"${written}"}`).join(','));
    names += portion.length;
    await document.settle();
  }
  add(']}');
  const list = await document.end();
  return { blob: await putCompressed(deps.storage, list, documentLevel(list.bytes)), names };
}

async function* ownPortion(names: readonly string[]): ProjectPortions {
  yield names.map((name) => ({ normalised: name, written: name }));
}

/** A rule that cannot be read denies, here as for files. */
function gateOf(definition: LayerDefinition): ReturnType<typeof pythonNameGate> {
  try {
    return pythonNameGate(definition);
  } catch {
    return () => 'rule_failed';
  }
}
