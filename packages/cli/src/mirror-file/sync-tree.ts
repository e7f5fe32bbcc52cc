import type { Schemas } from '@sluice/api-client';
import {
  type ChannelFilters,
  evaluate,
  factsBuilder,
  factsRowOf,
  type LayerDefinition,
  layerRules,
} from '@sluice/policy';
import type { Context } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { digestOfFile, packageFiles } from '../package-files.ts';
import { gatherAll } from '../paging.ts';
import { uploadOne } from '../upload-one.ts';
import type { Decision } from './decision.ts';
import { digestsOf } from './file-digests.ts';
import { type Judged, judgeTree } from './judge-tree.ts';
import type { MirrorFile } from './mirror-file.ts';
import { findChannels } from './scan-tree.ts';

type Channel = Schemas['Channel'];
type ShownFile = Schemas['ArtifactFile'];

/** The packages of folders as a channel would take them. */
export interface JudgedFolder {
  source: string;
  judged: Judged[];
}

/** Judge all packages of the channels in a folder. @throws {CliError} `file_unreadable`. */
export async function judgeFolder(
  folder: string,
  file: MirrorFile,
  destination: Channel | undefined,
): Promise<JudgedFolder[]> {
  const folders: JudgedFolder[] = [];
  for (const channel of await findChannels(folder)) {
    folders.push({ source: channel, judged: await judgeTree(channel, definitionOf(file, destination)) });
  }
  return folders;
}

function definitionOf({ filters, keep_legacy }: MirrorFile, destination: Channel | undefined): LayerDefinition {
  return {
    types: destination?.types ?? ['conda'],
    channel: (destination?.filters ?? {}) as ChannelFilters,
    mirror: { filters, keepLegacy: keep_legacy },
  };
}

/** What the channel shows, by `<subdir>/<file>`. */
export async function shownFiles(context: Context, channel: string): Promise<Map<string, ShownFile>> {
  const { api } = context;
  const packages = await gatherAll((query) =>
    answer(api.GET('/api/channels/{channel}/artifacts', { params: { path: { channel }, query } })),
  );
  const shown = new Map<string, ShownFile>();
  for (const { name, family } of packages) {
    if (family !== 'conda') continue;
    const files = await gatherAll((query) => packageFiles(context, { channel, family, name }, query));
    for (const one of files) shown.set(one.ckey, one);
  }
  return shown;
}

/** Decide on the packages of folders; `bring` those that are to come in. The first of two files of one name is the one. */
export async function syncFolders(
  folders: readonly JudgedFolder[],
  shown: ReadonlyMap<string, ShownFile>,
  bring: (one: Judged) => Promise<Decision['reason']>,
  tell: (decision: Decision) => void,
): Promise<Decision[]> {
  const decisions: Decision[] = [];
  const seen = new Set<string>();
  for (const { source, judged } of folders) {
    for (const one of judged) {
      const file = `${one.subdir}/${one.file}`;
      if (seen.has(file)) continue;
      if (one.reason === null && one.fault === null) seen.add(file);
      const decision = { source, file, ...(await decide(one, shown.get(file), bring)) };
      decisions.push(decision);
      tell(decision);
    }
  }
  return decisions;
}

async function decide(
  one: Judged,
  shown: ShownFile | undefined,
  bring: (one: Judged) => Promise<Decision['reason']>,
): Promise<Pick<Decision, 'action' | 'reason'>> {
  if (one.fault !== null) return failed('unreadable', one.fault);
  if (one.reason) {
    const { code, rule, evidence } = one.reason;
    return { action: 'leave_out', reason: { code, rule, evidence } };
  }
  if (shown && digestOfFile(shown) === (one.sha256 ?? (await digestsOf(one.path)).sha256)) {
    return { action: 'keep', reason: null };
  }
  const refusal = await bring(one);
  return refusal ? { action: 'failed', reason: refusal } : { action: 'bring_in', reason: null };
}

function failed(code: string, evidence: string): Pick<Decision, 'action' | 'reason'> {
  return { action: 'failed', reason: { code, rule: '', evidence } };
}

/** Upload a package. @returns why the server refused it. @throws {CliError} when the server cannot be reached. */
export async function uploadJudged(
  context: Context,
  channel: string,
  { path, subdir }: Judged,
): Promise<Decision['reason']> {
  try {
    await uploadOne(context, { file: path, channel, subdir, skipExisting: false });
    return null;
  } catch (error) {
    if (!(error instanceof CliError) || !['refused', 'file_unreadable', 'file_changed'].includes(error.code))
      throw error;
    if (error.problem && [401, 403].includes(error.problem.status)) throw error;
    return { code: error.problem?.code ?? error.code, rule: '', evidence: error.message };
  }
}

/**
 * What the channel shows and no folder has any more: it vanished upstream. What the file's blacklists name stays, as it is only
 * kept from coming in; so does what lies on platforms that were not looked at.
 *
 * @see product.md AE-01
 */
export function vanished(
  { filters }: MirrorFile,
  folders: readonly JudgedFolder[],
  shown: ReadonlyMap<string, ShownFile>,
): ShownFile[] {
  const upstream = new Set(folders.flatMap(({ judged }) => judged.map(({ subdir, file }) => `${subdir}/${file}`)));
  const { exclude_specs, exclude_licenses, include_specs, subdirs = [] } = filters;
  const blacklists = { ...(exclude_specs && { exclude_specs }), ...(exclude_licenses && { exclude_licenses }) };
  const rules = layerRules({
    types: ['conda'],
    channel: {},
    mirror: { filters: { ...blacklists, ...(include_specs && { include_specs }) }, keepLegacy: true },
  });
  return [...shown].flatMap(([ckey, one]) => {
    const [subdir = '', file = ''] = ckey.split('/');
    if (upstream.has(ckey) || (subdirs.length > 0 && ![...subdirs, 'noarch'].includes(subdir))) return [];
    const builder = factsBuilder(subdir);
    builder.add(factsRowOf(subdir)(file, Buffer.from(JSON.stringify(one.metadata['repodata_record.json'])), 1));
    return evaluate(rules, builder.build(), 0).verdict === 'allow' ? [one] : [];
  });
}

/** Delete what vanished, as far as it was uploaded: what a mirror brings in is the mirror's. @returns what went. */
export async function removeVanished(
  { api }: Context,
  channel: string,
  gone: readonly ShownFile[],
): Promise<Decision[]> {
  const removed: Decision[] = [];
  for (const { ckey, name } of gone) {
    const [subdir = '', file = ''] = ckey.split('/');
    const params = { path: { channel, name, subdir, file } };
    try {
      await answer(api.DELETE('/api/channels/{channel}/artifacts/conda/{name}/files/{subdir}/{file}', { params }));
    } catch (error) {
      if (error instanceof CliError && error.problem?.code === 'file_mirrored') continue;
      throw error;
    }
    removed.push({ source: channel, file: ckey, action: 'remove', reason: null });
  }
  return removed;
}
