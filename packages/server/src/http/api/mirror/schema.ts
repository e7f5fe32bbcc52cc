import { z } from 'zod';
import { Paging } from '../../paging.ts';
import { BrokenDependencyView } from '../closure/schema.ts';
import { DependencyLineView, DependencySummaryView } from './dependency-schema.ts';

// The shape of a definition is checked by the mirror room, all issues at once; here it is described.
const specs = z.array(z.string()).nullable().optional();

const MirrorFilters = z
  .object({
    subdirs: z
      .array(z.string())
      .nullable()
      .optional()
      .describe(
        'Platforms; all of the source when empty. When noarch is not among them, of noarch comes along what they depend on.',
      ),
    trees: specs.describe(
      'Of R: the trees that come in, such as bin/windows/contrib/4.5; src/contrib, the sources, when left out.',
    ),
    projects: specs.describe('Of Python: only these projects, by name.'),
    include_dependencies: z
      .union([z.array(z.string()), z.boolean()])
      .nullable()
      .optional()
      .describe(
        'Of Python: bring along what the projects depend on in these environments, such as linux-64:3.12. Of conda and R: true brings along what the files of only_specs depend on.',
      ),
    platforms: specs.describe('Of Python: wheels for these platforms, in conda’s words; source distributions stay.'),
    python_versions: specs.describe(
      'Only what is built for these versions of Python, such as 3.12. What needs no Python stays, and source distributions.',
    ),
    latest_versions: z.int().positive().nullable().optional().describe('Of Python: so many of the newest versions.'),
    only_specs: specs.describe('Keep only what matches one of these; not together with the other two.'),
    exclude_specs: specs.describe('Leave out what matches one of these.'),
    include_specs: specs.describe('Re-add what exclude_specs or a licence took out.'),
    include_licenses: specs.describe('Keep only these licences or families.'),
    exclude_licenses: specs.describe('Leave these licences or families out.'),
    date_from: z.string().nullable().optional().describe('First day of building, YYYY-MM-DD.'),
    date_to: z.string().nullable().optional().describe('Last day of building, YYYY-MM-DD.'),
    cve_score_threshold: z
      .number()
      .nullable()
      .optional()
      .describe('Leave out what has a finding above this score, 0.0 to 10.0. There are no findings yet.'),
    exclude_non_curated_cve: z
      .boolean()
      .nullable()
      .optional()
      .describe('Leave out what has a finding that no curator has looked at. There are no findings yet.'),
    only_signed: z
      .boolean()
      .nullable()
      .optional()
      .describe('Leave out what its index shows no signature of; of Python no attestations. R signs nothing.'),
  })
  .catchall(z.unknown())
  .meta({ id: 'MirrorFilters' });

const definition = {
  mirror_name: z.string(),
  source_root: z.string().describe('http(s)://…, file:///… or the absolute path of a folder of the server.'),
  mirror_mode: z.enum(['active', 'passive']).describe('active: bring everything in now; passive: at first request.'),
  mirror_type: z.string().describe('conda, python_simple or CRAN; it stays as it was made.'),
  cron: z
    .string()
    .describe('Five fields, or hourly, daily, weekly, monthly or yearly; monthly (0 0 1 * *) when left out.'),
  time_zone: z.string().describe('IANA name; UTC when left out.'),
  filters: MirrorFilters,
  keep_legacy: z.boolean().describe('Keep a .tar.bz2 also when its .conda is kept.'),
  internal: z
    .boolean()
    .describe('Its source is a house of our own, so it may bring in reserved names. Only administrators say so.'),
  proxy: z.string().nullable().describe('http://[user:password@]host[:port]'),
  credentials: z
    .union([
      z.object({ username: z.string(), password: z.string().optional() }).strict(),
      z.object({ token: z.string() }).strict(),
    ])
    .nullable()
    .describe(
      'For the source: user and password (Basic), or a token (Bearer). Never shown again. null takes them away.',
    ),
  ca: z
    .string()
    .nullable()
    .describe('PEM certificates that the source’s server is checked against, beside those known anyhow.'),
  limits: z
    .object({ concurrency: z.int().nullable(), bytes_per_second: z.int().nullable() })
    .partial()
    .catchall(z.unknown())
    .nullable()
    .describe('How many files at once, and how many bytes a second. The installation’s bounds when left out.'),
  keep_removed: z.boolean().describe('Keep showing files that the source lists no more.'),
  grace_days: z.int().nullable().describe('For how many days keep_removed holds; for ever when null.'),
  run_now: z.boolean().describe('Queue a run at once.'),
};

const { mirror_name, source_root, ...others } = definition;

export const CreateMirrorBody = z
  .object({ mirror_name, source_root, ...z.object(others).partial().shape })
  .meta({ id: 'CreateMirror' });

export const EditMirrorBody = z.object(definition).partial().meta({ id: 'EditMirror' });

export const MirrorParams = z.object({ id: z.uuid() });

export const DeleteMirrorQuery = z.object({
  packages: z
    .enum(['keep', 'remove'])
    .default('keep')
    .describe('keep: what is local becomes the channel’s own; remove: everything of the mirror goes.'),
});

const counts = z.record(z.string(), z.number());

const SyncStateView = z
  .object({
    last_ckey: z.string().nullable(),
    last_exception: z.string().nullable(),
    total_steps_count: z.number(),
    current_step_number: z.number(),
    current_step_percentage: z.number(),
    current_step_description: z.string(),
    count: z.object({
      total: z.number(),
      active: z.number(),
      passive: z.number(),
      failed: z.number(),
      removed: z.number(),
      kept: z.number().describe('Files that vanished upstream and are shown all the same.'),
      mirror_filtered: counts,
      channel_filtered: counts,
    }),
  })
  .meta({ id: 'SyncState' });

const ProgressView = z
  .object({
    bytes_done: z.int().describe('Of the files that were not local when the run began.'),
    bytes_total: z.int().describe('Of all of them, as far as their records say; 0 for a run that fetches none.'),
    bytes_per_second: z.int().describe('Of all that it reads from its upstream, over the last seconds.'),
    seconds_left: z.int().nullable().describe('Until the end of the current step; null when that cannot be told.'),
  })
  .meta({ id: 'RunProgress' });

const FailedRequestView = z
  .object({
    url: z.string(),
    status: z.int().nullable().describe('What the upstream answered; null without an answer.'),
    error: z.string().describe('What was wrong, as a code.'),
    attempts: z.int().describe('How often it was sent in all.'),
    last_attempt_at: z.iso.datetime(),
  })
  .meta({ id: 'FailedRequest' });

const state = z.enum(['pending', 'running', 'stopping', 'stopped', 'completed', 'failed']);

export const MirrorView = z
  .object({
    // The vendor's two lists name the same things differently; both names are always there.
    id: z.uuid(),
    name: z.string(),
    type: z.string(),
    mode: z.enum(['active', 'passive']),
    mirror_id: z.uuid(),
    mirror_name: z.string(),
    mirror_type: z.string(),
    mirror_mode: z.enum(['active', 'passive']),
    state: state.nullable().describe('Of the newest run; null before the first.'),
    mirror_state: state.nullable(),
    source_root: z.string(),
    proxy: z.string().nullable(),
    authentication: z
      .enum(['basic', 'bearer', 'path_token'])
      .nullable()
      .describe('How the source is asked. What with is never shown.'),
    ca_certificates: z.array(z.object({ subject: z.string(), fingerprint: z.string(), expires_at: z.iso.datetime() })),
    filters: z.record(z.string(), z.unknown()),
    keep_legacy: z.boolean(),
    internal: z.boolean(),
    limits: z.object({ concurrency: z.int().optional(), bytes_per_second: z.int().optional() }),
    keep_removed: z.boolean(),
    grace_days: z.int().nullable(),
    cron: z.string(),
    frequency: z.enum(['hourly', 'daily', 'weekly', 'monthly', 'yearly']).nullable().describe('What cron is called.'),
    time_zone: z.string(),
    next_run_at: z.iso.datetime().nullable(),
    last_run_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    sync_state: SyncStateView,
    progress: ProgressView,
    failed_request: FailedRequestView.nullable().describe('The request to the source that the newest run failed at.'),
    what_next: z.string().nullable().describe('After a run that did not complete: what comes next.'),
    channel: z.object({ name: z.string(), privacy: z.string() }),
    subchannel: z.object({ name: z.string() }).optional(),
    warnings: z
      .array(z.object({ code: z.string(), message: z.string() }))
      .optional()
      .describe('What may not be meant so, in the answer to who made the mirror.'),
  })
  .meta({ id: 'Mirror' });

export const RunView = z
  .object({
    id: z.uuid(),
    state,
    cause: z.string(),
    actor: z.string().nullable(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
    error_code: z.string().nullable(),
    failed_request: FailedRequestView.nullable(),
    report: z
      .record(z.string(), z.unknown())
      .describe('What else there is to say: changes of what it shows; dependencies; conflicts with other mirrors.'),
    sync_state: SyncStateView,
    progress: ProgressView,
  })
  .meta({ id: 'Run' });

export const StartedRunView = z.object({ run_id: z.uuid() }).meta({ id: 'StartedRun' });

// By the names that a mirror has in either list.
const sortNames = [
  'mirror_name',
  'name',
  'channel',
  'type',
  'mode',
  'state',
  'source_root',
  'last_run_at',
  'next_run_at',
  'created_at',
  'updated_at',
] as const;

export const ChannelMirrorsQuery = Paging.extend({
  sort: z
    .enum(sortNames.flatMap((name) => [name, `-${name}` as const]))
    .default('mirror_name')
    .describe('With - in front: descending. What a mirror has nothing of comes last.'),
  q: z.string().max(200).optional().describe('Only mirrors with this text in name, channel or source.'),
  state: z
    .enum([...state.options, 'never'])
    .optional()
    .describe('Only mirrors whose newest run is so; never: that never ran.'),
  type: z.string().max(40).optional().describe('Only mirrors of this type.'),
  mode: z.enum(['active', 'passive']).optional(),
});

export const MirrorListQuery = ChannelMirrorsQuery.extend({
  channel: z.string().max(300).optional().describe('Only mirrors of this channel and of its subchannels.'),
});

const Reason = z.object({
  code: z.string(),
  scope: z.string(),
  rule: z.string(),
  evidence: z.string(),
  remedy: z.string(),
});

export const DryRunQuery = z.object({
  limit: z.coerce.number().int().min(0).max(10_000).default(1000).describe('The most files to list.'),
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

export const DryRunView = z
  .object({
    count: SyncStateView.shape.count,
    to_fetch: z.object({ files: z.number(), bytes: z.number() }).describe('What an active mirror would bring in.'),
    parts: z.array(
      z.object({
        subdir: z.string(),
        status: z.enum(['read', 'unchanged', 'absent']),
        total: z.number(),
        kept: z.number(),
        kept_bytes: z.number(),
        dependency_files: z.number().describe('Of these, what is kept only since something depends on it.'),
        dependency_bytes: z.number(),
        refused: z.number(),
      }),
    ),
    dependencies: DependencySummaryView.extend({ items: z.array(DependencyLineView), total_count: z.int() })
      .nullable()
      .describe(
        'Of a mirror that includes dependencies: how much comes along, and what came of each spec, missing ones first.',
      ),
    broken_dependencies: z
      .object({ count: z.int(), items: z.array(BrokenDependencyView) })
      .describe('Packages that would be shown while a rule takes out what they depend on, and are not so now.'),
    items: z.array(
      z.object({
        subdir: z.string(),
        file: z.string(),
        size: z.number().nullable(),
        action: z.enum(['fetch', 'local', 'on_request', 'drop']),
        reason: Reason.nullable(),
      }),
    ),
    total_count: z.number(),
  })
  .meta({ id: 'DryRun' });
