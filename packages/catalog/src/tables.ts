import type { ChannelFilters, MirrorFilters, RetentionDays } from '@sluice/policy';
import type { ColumnType, Generated } from 'kysely';

type Json<T> = ColumnType<T, string, string>;
type Bytes = Uint8Array;

/** Whether a name that a higher tier of a channel shows hides all of that name in lower ones, or only the same files. */
export type NamePriority = 'strict' | 'merge';
export type Privacy = 'public' | 'authenticated' | 'private';
export type MirrorMode = 'active' | 'passive';
export type RunState = 'pending' | 'running' | 'stopping' | 'stopped' | 'completed' | 'failed';
/** `waiting`: a bundle that comes in lacks parts. */
export type BundleState = 'pending' | 'running' | 'waiting' | 'stopped' | 'completed' | 'failed';
export type RunStage = 'refresh' | 'plan' | 'download' | 'publish';
/** What stands beside a file of Python: a wheel's METADATA, the attestations of a file. */
export type CompanionKind = 'metadata' | 'provenance';
export type EntryKind = 'shard' | 'index';
/** What brought a source to a revision; see source_revision. */
export type RevisionCause = 'run' | 'ask' | 'upload' | 'delete' | 'yank' | 'keep' | 'vanish' | 'bundle';

/** How hard a mirror may work its upstream; what is not set has the installation's bounds. */
export interface MirrorLimits {
  /** Files fetched at once. */
  concurrency?: number;
  bytes_per_second?: number;
}

/** A channel that a resource token opens, `<channel>` or `<channel>/<subchannel>`, and how far. */
export interface TokenResource {
  channel: string;
  permission: 'read' | 'write' | 'manage';
}

/**
 * What a publication was made from: the revision of each layer, in order. Of a channel below, `below:<its number>`, it is
 * what that one's publication was made from; `patches` says through whose patches, at which patch revision, its records
 * are seen, the lowest channel's first.
 */
export interface PublicationInput {
  layer: 'uploads' | string;
  source_id: number;
  revision: number;
  patches?: { channel_id: number; patch_rev: number }[];
}

/** All tables of migrations/*.sql, as Kysely sees them. Row types of reading come from `Selectable<Tables[...]>`. */
export interface Tables {
  setting: { name: string; value: Json<unknown>; updated_at: Date };
  account: {
    id: string;
    name: string;
    password_hash: string | null;
    created_at: Date;
    last_login_at: Date | null;
    disabled_at: Date | null;
    default_channel_id: Generated<number | null>;
  };
  account_role: { account_id: string; role: string };
  session: { id: string; account_id: string; created_at: Date; expires_at: Date; ended_at: Date | null };
  token: {
    id: string;
    account_id: string;
    name: string;
    secret_sha256: Bytes;
    scopes: string[] | null;
    resources: ColumnType<TokenResource[] | null, string | null, string | null>;
    created_at: Date;
    issued_at: Date;
    expires_at: Date;
    last_used_at: Date | null;
    revoked_at: Date | null;
  };
  blob: {
    sha256: Bytes;
    size: number;
    pack: string | null;
    pack_offset: number | null;
    created_at: Date;
    condemned_at: Generated<Date | null>;
  };
  retired_pack: { id: string; retired_at: Date };
  maintenance: {
    id: string;
    kind: 'collect' | 'check';
    state: 'pending' | 'running' | 'completed' | 'failed';
    options: Json<Record<string, unknown>>;
    actor: string;
    step: Generated<number>;
    place: ColumnType<Record<string, unknown>, string | undefined, string>;
    marks: Bytes | null;
    report: ColumnType<Record<string, unknown>, string | undefined, string>;
    error_text: string | null;
    created_at: Date;
    started_at: Date | null;
    finished_at: Date | null;
  };
  inspection: {
    sha256: Bytes;
    about: ColumnType<Record<string, unknown> | null, string | null, string | null>;
    run_exports: ColumnType<Record<string, unknown> | null, string | null, string | null>;
    paths: ColumnType<Record<string, unknown> | null, string | null, string | null>;
    inspected_at: Date;
  };
  channel: {
    id: Generated<number>;
    path: string;
    parent_id: number | null;
    description: Generated<string>;
    privacy: Privacy;
    types: string[];
    filters: ColumnType<ChannelFilters, string | undefined, string>;
    frozen: Generated<boolean>;
    judged: Generated<string | null>;
    owner_id: string | null;
    head_no: Generated<number>;
    monolith_no: Generated<number>;
    patch_rev: Generated<number>;
    name_priority: Generated<NamePriority>;
    retention: ColumnType<Partial<RetentionDays> | null, string | null | undefined, string | null>;
    download_count: Generated<number>;
    created_at: Date;
    updated_at: Date;
    deleted_at: Date | null;
  };
  notice: {
    id: string;
    channel_id: number;
    message: string;
    level: 'info' | 'warning' | 'critical';
    published: Generated<boolean>;
    created_at: Date;
    expires_at: Date | null;
  };
  source: {
    id: Generated<number>;
    type: string;
    url: string | null;
    proxy: string | null;
    credential: Bytes | null;
    credential_key: Bytes | null;
    ca: Generated<string | null>;
    ca_key: Generated<Bytes | null>;
    channel_id: number | null;
    revision: Generated<number>;
    created_at: Date;
  };
  source_part: {
    source_id: number;
    subdir: string;
    revision: number;
    document_url: string | null;
    document_sha256: Bytes | null;
    etag: string | null;
    last_modified: string | null;
    base_url: string | null;
    zst_absent_at: Date | null;
    shards_absent_at: Date | null;
    run_exports_url: string | null;
    run_exports_sha256: Bytes | null;
    run_exports_etag: string | null;
    run_exports_last_modified: string | null;
    run_exports_absent_at: Date | null;
    records: Generated<number>;
    checked_at: Date;
    changed_at: Date;
  };
  folder_file: {
    source_id: number;
    subdir: string;
    file: string;
    size: number;
    mtime_ms: number;
    sha256: Bytes | null;
    refusal: string | null;
  };
  record: {
    source_id: number;
    subdir: string;
    file: string;
    from_rev: number;
    to_rev: number | null;
    body: Bytes;
    v3: Generated<boolean>;
    extra: Bytes | null;
    signatures: Generated<Bytes | null>;
  };
  source_shard: {
    source_id: number;
    subdir: string;
    name: string;
    from_rev: number;
    to_rev: number | null;
    sha256: Bytes;
    blob: Bytes | null;
    signature: Bytes | null;
  };
  source_name: {
    source_id: number;
    subdir: string;
    name: string;
    revision: number;
    absent: boolean;
    document_sha256: Bytes | null;
    etag: string | null;
    last_modified: string | null;
    meta: ColumnType<Record<string, unknown>, string | undefined, string>;
    checked_at: Date;
  };
  source_list: {
    source_id: number;
    subdir: string;
    blob: Bytes;
    unpacked_bytes: number;
    names: number;
    etag: string | null;
    last_modified: string | null;
    checked_at: Date;
  };
  project_list: { channel_id: number; made_from: Bytes; blob: Bytes; names: number; created_at: Date };
  record_companion: {
    source_id: number;
    subdir: string;
    file: string;
    from_rev: number;
    kind: CompanionKind;
    blob: Bytes;
  };
  channel_layer: {
    channel_id: number;
    below_id: number;
    position: number;
    created_at: Date;
    created_by: string;
  };
  reserved_name: { pattern: string; note: Generated<string>; created_at: Date; created_by: string };
  refused_record: { source_id: number; subdir: string; file: string; reason: string };
  record_digest: { source_id: number; subdir: string; file: string; from_rev: number; sha256: Bytes };
  needed_files: {
    source_id: number;
    revision: number;
    rules: Bytes;
    blob: Bytes;
    unpacked_bytes: number;
    lines: Bytes | null;
    lines_bytes: number | null;
    summary: ColumnType<Record<string, unknown> | null, string | null | undefined, string>;
  };
  facts: { source_id: number; subdir: string; revision: number; blob: Bytes; unpacked_bytes: number };
  mirror: {
    id: string;
    channel_id: number;
    name: string;
    position: number;
    source_id: number;
    next_source_id: number | null;
    mode: MirrorMode;
    filters: ColumnType<MirrorFilters, string | undefined, string>;
    keep_legacy: Generated<boolean>;
    internal: Generated<boolean>;
    limits: ColumnType<MirrorLimits, string | undefined, string>;
    keep_removed: Generated<boolean>;
    grace_days: Generated<number | null>;
    kept_source_id: Generated<number | null>;
    cron: string;
    time_zone: Generated<string>;
    next_run_at: Date | null;
    at_rev: Generated<number>;
    last_run_id: string | null;
    created_at: Date;
    updated_at: Date;
  };
  run: {
    id: string;
    mirror_id: string;
    state: RunState;
    cause: string;
    actor: string | null;
    stage: Generated<RunStage>;
    stop_requested: Generated<boolean>;
    fence: Generated<number>;
    lease_until: Date | null;
    worker: string | null;
    step: Generated<number>;
    steps: Generated<number>;
    step_text: Generated<string>;
    step_done: Generated<number>;
    step_total: Generated<number>;
    revision: number | null;
    publication_no: number | null;
    plan_key: string | null;
    counts: ColumnType<Record<string, unknown>, string | undefined, string>;
    last_key: string | null;
    error_code: string | null;
    error_text: string | null;
    bytes_done: Generated<number>;
    bytes_total: Generated<number>;
    bytes_rate: Generated<number>;
    seconds_left: number | null;
    failed_request: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
    report: ColumnType<Record<string, unknown>, string | undefined, string>;
    created_at: Date;
    started_at: Date | null;
    finished_at: Date | null;
  };
  kept_record: { source_id: number; subdir: string; file: string; gone_at: Date };
  source_revision: {
    source_id: number;
    revision: number;
    at: Date;
    cause: RevisionCause;
    run_id: string | null;
    actor: string | null;
    added: Generated<number>;
    changed: Generated<number>;
    removed: Generated<number>;
    sha256: Bytes;
  };
  file_conflict: {
    channel_id: number;
    subdir: string;
    file: string;
    hidden_mirror_id: string;
    shown_mirror_id: string;
    shown_digest: string;
    hidden_digest: string;
    seen_at: Date;
  };
  event_seal: { no: number; event_id: number; hash: Bytes };
  event_unsealed: { event_id: number };
  bundle: {
    id: string;
    direction: 'out' | 'in';
    series: string;
    serial: number;
    base_serial: number | null;
    issuer: string | null;
    state: BundleState;
    definition: ColumnType<Record<string, unknown>, string | undefined, string>;
    place: ColumnType<Record<string, unknown>, string | undefined, string>;
    report: ColumnType<Record<string, unknown>, string | undefined, string>;
    step: Generated<number>;
    state_sha256: Bytes | null;
    contents: Bytes | null;
    contents_bytes: number | null;
    error_code: string | null;
    error_text: string | null;
    actor: string;
    created_at: Date;
    started_at: Date | null;
    finished_at: Date | null;
  };
  bundle_part: {
    bundle_id: string;
    part: number;
    bytes: number;
    sha256: Bytes | null;
    place: string | null;
    state: 'todo' | 'done';
  };
  bundle_blob: {
    bundle_id: string;
    blob: Bytes;
    member: Generated<string>;
    part: number | null;
    position: number | null;
  };
  bundle_publication: { bundle_id: string; channel_id: number; no: number };
  bundle_series: { series: string; last_serial: number };
  bundle_schedule: {
    id: string;
    name: string;
    definition: ColumnType<Record<string, unknown>, string, string>;
    cron: string;
    time_zone: Generated<string>;
    next_run_at: Date | null;
    last_bundle_id: string | null;
    created_at: Date;
    created_by: string;
  };
  run_item: {
    run_id: string;
    subdir: string;
    file: string;
    from_rev: number;
    sha256: Bytes | null;
    md5: Bytes | null;
    size: number | null;
    state: 'todo' | 'done' | 'failed';
    error_text: string | null;
  };
  publication: {
    channel_id: number;
    no: number;
    created_at: Date;
    cause: string;
    inputs: ColumnType<PublicationInput[], string, string>;
    added: number;
    removed: number;
    files: number;
    packages: number;
    patch_rev: Generated<number>;
    actor: string | null;
  };
  pin: { channel_id: number; name: string; no: number; created_at: Date; created_by: string };
  monolith: { channel_id: number; key: string; no: number; blob: Bytes; created_at: Date; written_at: Date };
  patch: {
    channel_id: number;
    subdir: string;
    from_rev: number;
    to_rev: number | null;
    instructions: string;
    sha256: Bytes;
    bytes: number;
    created_at: Date;
    created_by: string;
  };
  entry: {
    channel_id: number;
    kind: EntryKind;
    key: string;
    from_no: number;
    to_no: number | null;
    blob: Bytes;
    signature: Bytes | null;
    files: Generated<number>;
    bytes: Generated<number>;
    buckets: number[] | null;
    upstream: Generated<boolean>;
  };
  event: {
    id: Generated<number>;
    at: Date;
    actor: string;
    action: string;
    channel: string | null;
    subject: string | null;
    data: ColumnType<Record<string, unknown>, string | undefined, string>;
  };
  worker: { id: string; seen_at: Date };
}
