-- Everything the straight way needs: who asks, what is known, what is shown, and the work in between.
-- Text that is compared or sorted as bytes says `collate "C"`, so an external database with another locale sorts as we do.

create table setting (
  name text primary key,
  value jsonb not null,
  updated_at timestamptz not null
);

-- Who asks ------------------------------------------------------------------------------------------------------------

create table account (
  id uuid primary key,
  name text not null unique,
  password_hash text,
  created_at timestamptz not null,
  last_login_at timestamptz,
  disabled_at timestamptz
);

create table account_role (
  account_id uuid not null references account on delete cascade,
  role text not null,
  primary key (account_id, role)
);

create table session (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index session_account on session (account_id);

create table token (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  name text not null,
  secret_sha256 bytea not null unique,
  scopes text[],
  resources jsonb,
  created_at timestamptz not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  check ((scopes is null) <> (resources is null))
);
create index token_account on token (account_id);

-- Bytes ---------------------------------------------------------------------------------------------------------------

-- Where a blob lies: alone under its digest, or in a pack at an offset.
create table blob (
  sha256 bytea primary key,
  size bigint not null,
  pack text,
  pack_offset bigint,
  created_at timestamptz not null,
  check ((pack is null) = (pack_offset is null))
);

-- What an archive says of itself, read once when its bytes came in.
create table inspection (
  sha256 bytea primary key references blob on delete cascade,
  about jsonb,
  run_exports jsonb,
  paths jsonb,
  inspected_at timestamptz not null
);

-- Channels ------------------------------------------------------------------------------------------------------------

-- A channel being deleted has deleted_at, and '#<id>' behind its path so that its name is free at once; a job removes its rows.
create table channel (
  id bigint generated always as identity primary key,
  path text collate "C" not null unique,
  parent_id bigint references channel,
  description text not null default '',
  privacy text not null check (privacy in ('public', 'authenticated', 'private')),
  types text[] not null,
  filters jsonb not null default '{}',
  frozen boolean not null default false,
  -- What the head was last judged from: layers, revisions, rules. Equal again means there is nothing to publish.
  judged text,
  owner_id uuid references account on delete set null,
  head_no integer not null default 0,
  download_count bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index channel_parent on channel (parent_id);
create index channel_owner on channel (owner_id);

-- Where an account's uploads go that name no channel.
alter table account add column default_channel_id bigint references channel on delete set null;

create table notice (
  id uuid primary key,
  channel_id bigint not null references channel on delete cascade,
  message text not null check (length(message) between 1 and 600),
  level text not null check (level in ('info', 'warning', 'critical')),
  published boolean not null default true,
  created_at timestamptz not null,
  expires_at timestamptz
);
create index notice_channel on notice (channel_id);

-- What is known -------------------------------------------------------------------------------------------------------

-- An upstream as one credential sees it, or the own uploads of a channel.
-- url and proxy hold no secret: what was cut out of them is sealed in credential, and credential_key (a keyed hash) tells two apart.
create table source (
  id integer generated always as identity primary key,
  type text not null,
  url text,
  proxy text,
  credential bytea,
  credential_key bytea,
  channel_id bigint unique references channel on delete cascade,
  revision integer not null default 0,
  created_at timestamptz not null,
  check ((url is null) <> (channel_id is null)),
  check ((credential is null) = (credential_key is null)),
  unique nulls not distinct (type, url, proxy, credential_key, channel_id)
);

-- The state of one subdir of a source: what the upstream last answered, and at which revision it last changed.
create table source_part (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  revision integer not null,
  document_url text,
  document_sha256 bytea,
  etag text,
  last_modified text,
  base_url text,
  zst_absent_at timestamptz,
  records integer not null default 0,
  checked_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (source_id, subdir)
);

-- What a bare folder held when it was last read, so an unchanged file is not opened again.
create table folder_file (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  size bigint not null,
  mtime_ms double precision not null,
  sha256 bytea,
  refusal text,
  primary key (source_id, subdir, file)
);

-- What an upstream's index lists and is no record of that file, and why: counted as failed, never shown.
create table refused_record (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  reason text not null,
  primary key (source_id, subdir, file)
);

-- Versions of a file's metadata, verbatim. Live at revision r: from_rev <= r and (to_rev is null or r < to_rev).
create table record (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  from_rev integer not null,
  to_rev integer,
  body bytea not null,
  primary key (source_id, subdir, file, from_rev)
);

-- The digest we computed for a record that came without a sha256.
create table record_digest (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  from_rev integer not null,
  sha256 bytea not null references blob,
  primary key (source_id, subdir, file, from_rev)
);

-- The facts columns of one subdir at one revision.
create table facts (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  revision integer not null,
  blob bytea not null references blob,
  unpacked_bytes bigint not null,
  primary key (source_id, subdir, revision)
);

-- Which noarch files come along with the platforms a mirror names, worked out once: at a source's revision, under the rules
-- with this digest.
create table needed_noarch (
  source_id integer not null references source on delete cascade,
  revision integer not null,
  rules bytea not null,
  blob bytea not null references blob,
  unpacked_bytes bigint not null,
  primary key (source_id, revision, rules)
);

-- Mirrors and their runs ----------------------------------------------------------------------------------------------

create table mirror (
  id uuid primary key,
  channel_id bigint not null references channel on delete cascade,
  name text not null,
  position integer not null,
  -- What the layer shows, at at_rev; next_source_id, when set, is what its next completed run moves it to.
  source_id integer not null references source,
  next_source_id integer references source,
  mode text not null check (mode in ('active', 'passive')),
  filters jsonb not null default '{}',
  keep_legacy boolean not null default false,
  cron text not null,
  time_zone text not null default 'UTC',
  next_run_at timestamptz,
  at_rev integer not null default 0,
  last_run_id uuid,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (channel_id, name)
);
create index mirror_due on mirror (next_run_at);
create index mirror_source on mirror (source_id);

-- Long work. Whoever holds the lease carries its fence; every commit of the run checks it.
create table run (
  id uuid primary key,
  mirror_id uuid not null references mirror on delete cascade,
  state text not null check (state in ('pending', 'running', 'stopping', 'stopped', 'completed', 'failed')),
  cause text not null,
  actor text,
  stage text not null default 'refresh' check (stage in ('refresh', 'plan', 'download', 'publish')),
  stop_requested boolean not null default false,
  fence bigint not null default 0,
  lease_until timestamptz,
  worker text,
  step integer not null default 0,
  steps integer not null default 0,
  step_text text not null default '',
  step_done bigint not null default 0,
  step_total bigint not null default 0,
  revision integer,
  plan_key text,
  counts jsonb not null default '{}',
  last_key text,
  error_code text,
  error_text text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create unique index run_one_open on run (mirror_id) where state in ('pending', 'running', 'stopping');
create index run_history on run (mirror_id, created_at desc);
create index run_open on run (state) where state in ('pending', 'running', 'stopping');

-- The files a run has to bring in, or could not, with the digests and the size their records promise.
create table run_item (
  run_id uuid not null references run on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  from_rev integer not null,
  sha256 bytea,
  md5 bytea,
  size bigint,
  state text not null check (state in ('todo', 'done', 'failed')),
  error_text text,
  primary key (run_id, subdir, file)
);
create index run_item_todo on run_item (run_id, subdir, file) where state = 'todo';

-- What is shown -------------------------------------------------------------------------------------------------------

create table publication (
  channel_id bigint not null references channel on delete cascade,
  no integer not null,
  created_at timestamptz not null,
  cause text not null,
  inputs jsonb not null,
  added integer not null,
  removed integer not null,
  files integer not null,
  packages integer not null,
  primary key (channel_id, no)
);

-- At publication n one reads the entries with from_no <= n and (to_no is null or n < to_no).
-- kind 'shard': key is <subdir>/<package name>, the blob is the CEP 16 shard. kind 'document': key is the path below the channel.
create table entry (
  channel_id bigint not null references channel on delete cascade,
  kind text not null check (kind in ('shard', 'document')),
  key text collate "C" not null,
  from_no integer not null,
  to_no integer,
  blob bytea not null references blob,
  signature bytea,
  files integer not null default 0,
  primary key (channel_id, kind, key, from_no)
);
create index entry_live on entry (channel_id, kind, key) where to_no is null;
create index entry_blob on entry (blob);

-- What happened -------------------------------------------------------------------------------------------------------

create table event (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  channel text,
  subject text,
  data jsonb not null default '{}'
);
create index event_channel on event (channel, id desc);

-- Workers of the job queue, and when they were last alive. A silent one's jobs go to another.
create table worker (
  id text primary key,
  seen_at timestamptz not null
);
