import type { Schemas } from '@sluice/api-client';
import type { Context } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { mirrorPath } from '../find-mirror.ts';
import { followMirror, isOpen } from '../follow-mirror.ts';
import { gatherAll } from '../paging.ts';
import type { Decision } from './decision.ts';
import type { MirrorFile } from './mirror-file.ts';
import type { SyncSource } from './sources.ts';

type Mirror = Schemas['Mirror'];
export type ServerSource = Extract<SyncSource, { kind: 'server' }>;

/** Every filter that a mirror file can set: what it does not name is taken away. */
const filterKeys = [
  'subdirs',
  'only_specs',
  'exclude_specs',
  'include_specs',
  'exclude_licenses',
  'python_versions',
] as const;
const pythonKeys = [
  'projects',
  'platforms',
  'exclude_specs',
  'exclude_licenses',
  'python_versions',
  'latest_versions',
] as const;

/** What a mirror of one channel of the file is like; the same each time, so that a second run edits the same mirror. */
export function mirrorBody(file: MirrorFile, { url }: ServerSource, clean: boolean, ca: string | undefined) {
  const keys = file.type === 'conda' ? filterKeys : pythonKeys;
  return {
    source_root: url,
    filters: Object.fromEntries(keys.map((key) => [key, file.filters[key] ?? null])),
    ...(file.type === 'conda' ? { keep_legacy: file.keep_legacy } : {}),
    // What vanished upstream stayed in these tools unless they were told to clean.
    keep_removed: !clean,
    ...(ca === undefined ? {} : { ca }),
  };
}

/** Make the mirror of a channel or change it, and run it. @returns it as it is while it runs. */
export async function startMirror(
  context: Context,
  file: MirrorFile,
  source: ServerSource,
  body: ReturnType<typeof mirrorBody>,
): Promise<Mirror> {
  const { api } = context;
  const channel = file.dest_channel;
  const known = (await mirrorsOf(context, channel)).find(({ name }) => name === source.name);
  if (!known) {
    const params = { path: { channel } };
    // Names that nobody listed cannot be fetched beforehand; all others come in at once, as they did.
    const isLazy = file.type === 'python_simple' && file.filters.projects === undefined;
    const made = {
      ...body,
      mirror_name: source.name,
      mirror_type: file.type,
      mirror_mode: isLazy ? ('passive' as const) : ('active' as const),
      run_now: true,
    };
    return answer(api.POST('/api/channels/{channel}/mirrors', { params, body: made }));
  }
  if (isOpen(known)) {
    context.say(`${source.name} is running already; waiting for the end of that run.`);
    await followMirror(context, known);
  }
  const params = { path: mirrorPath(known) };
  return answer(api.PUT('/api/channels/{channel}/mirrors/{id}', { params, body: { ...body, run_now: true } }));
}

/** What a run would do with every package, asked of the server; nothing is written. */
export async function planMirror(
  context: Context,
  file: MirrorFile,
  source: ServerSource,
  body: ReturnType<typeof mirrorBody>,
  exists: boolean,
): Promise<Decision[]> {
  const { api } = context;
  const channel = file.dest_channel;
  const known = exists ? (await mirrorsOf(context, channel)).find(({ name }) => name === source.name) : undefined;
  const made = { ...body, mirror_name: source.name, mirror_type: file.type, mirror_mode: 'active' as const };
  const items = await gatherAll(async (query) => {
    if (known) {
      const params = { path: mirrorPath(known), query };
      return answer(api.POST('/api/channels/{channel}/mirrors/{id}/dry_run', { params, body }));
    }
    if (!exists) return answer(api.POST('/api/mirrors/dry_run', { params: { query }, body: made }));
    return answer(
      api.POST('/api/channels/{channel}/mirrors/dry_run', { params: { path: { channel }, query }, body: made }),
    );
  });
  return items.map(({ subdir, file, action, reason }) => ({
    source: source.name,
    file: `${subdir}/${file}`,
    action: action === 'drop' ? 'leave_out' : action === 'local' && known ? 'keep' : 'bring_in',
    reason: reason === null ? null : { code: reason.code, rule: reason.rule, evidence: reason.evidence },
  }));
}

function mirrorsOf({ api }: Context, channel: string): Promise<Mirror[]> {
  return gatherAll((query) =>
    answer(api.GET('/api/channels/{channel}/mirrors', { params: { path: { channel }, query } })),
  );
}

/** The error of a mirror whose run did not complete, as an item of a report. */
export function mirrorFault(mirror: Mirror): CliError | undefined {
  if (mirror.state === 'completed') return undefined;
  const why = mirror.sync_state.last_exception ?? `its run was ${mirror.state ?? 'never begun'}`;
  return new CliError('run_failed', `${mirror.name}: ${why}`);
}
