-- Mirrors with limits, a CA of their own and a memory of what vanished; the chained audit; bundles for air-gapped networks.

-- ca: PEM certificates that a source's server is checked against beside the known ones; ca_key: their digest, which tells two apart.
alter table source add column ca text, add column ca_key bytea;
alter table source drop constraint source_type_url_proxy_credential_key_channel_id_key;
alter table source
  add constraint source_identity unique nulls not distinct (type, url, proxy, credential_key, ca_key, channel_id),
  add check ((ca is null) = (ca_key is null));

-- Of conda: what the upstream's document says under 'signatures' of a file, verbatim.
alter table record add column signatures bytea;
create index record_signed on record (source_id, subdir) where signatures is not null;
-- What was read before is read once more, since nobody looked for signatures then.
update source_part set document_sha256 = null, etag = null, last_modified = null
where document_sha256 is not null and source_id in (select id from source where type = 'conda');

-- limits: {concurrency, bytes_per_second}, each only when set. keep_removed: files that vanish upstream stay shown, for
-- grace_days days or, where that is null, for ever.
alter table mirror
  add column limits jsonb not null default '{}',
  add column keep_removed boolean not null default false,
  add column grace_days integer check (grace_days > 0);

-- What a mirror goes on showing although its source lists it no more stands, verbatim, in a source of its own, which is a layer like
-- any other: it lies right below the mirror's, under the same rules. gone_at: when the mirror noticed.
alter table mirror add column kept_source_id integer references source;
create table kept_record (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  gone_at timestamptz not null,
  primary key (source_id, subdir, file)
);
create index kept_record_gone on kept_record (source_id, gone_at);

-- What a run moved and met, for people: bytes of the files it had to bring in, and how fast; the upstream request that
-- ended it ({url, status, attempts, ...}, no secret); everything else in report.
alter table run
  add column bytes_done bigint not null default 0,
  add column bytes_total bigint not null default 0,
  add column bytes_rate bigint not null default 0,
  add column seconds_left integer,
  add column failed_request jsonb,
  add column report jsonb not null default '{}';

-- When a source came to a revision, by what, and how much changed. cause: run, ask, upload, delete, yank, keep (the files of a deleted
-- mirror), vanish (what a mirror keeps showing). sha256: the digest of the change set, see registry/admit/change-set.ts.
create table source_revision (
  source_id integer not null references source on delete cascade,
  revision integer not null,
  at timestamptz not null,
  cause text not null,
  run_id uuid,
  actor text,
  added integer not null default 0,
  changed integer not null default 0,
  removed integer not null default 0,
  sha256 bytea not null,
  primary key (source_id, revision)
);

-- Which files come along with what a mirror's filters choose, in all its parts: of platforms without noarch what they need of it,
-- and where dependencies are included all that they take. What was worked out before is of another format.
-- lines: the report on every spec, a JSON text a line; null where nobody asked for dependencies.
delete from needed_noarch;
alter table needed_noarch rename to needed_files;
alter index needed_noarch_blob rename to needed_files_blob;
alter table needed_files
  add column lines bytea references blob,
  add column lines_bytes bigint,
  add column summary jsonb;
create index needed_files_lines on needed_files (lines);

-- What a publication changed, without looking at all that it shows. Only for queries that say "> 0": the planner would take these for
-- looking up a key, too, as long as it knows nothing of a table that has just become large.
create index entry_begun on entry (channel_id, from_no desc, key) where kind = 'shard' and from_no > 0;
create index entry_ended on entry (channel_id, to_no desc, key) where kind = 'shard' and to_no > 0;

-- The same file with other bytes in two mirrors of a channel. The first in order is shown; the other is reported here. Digests are
-- sha256:<hex>, or what both records have: md5:<hex>, size:<bytes>.
create table file_conflict (
  channel_id bigint not null references channel on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  hidden_mirror_id uuid not null references mirror on delete cascade,
  shown_mirror_id uuid not null references mirror on delete cascade,
  shown_digest text not null,
  hidden_digest text not null,
  seen_at timestamptz not null,
  primary key (channel_id, subdir, file, hidden_mirror_id)
);
create index file_conflict_shown on file_conflict (shown_mirror_id);
create index file_conflict_hidden on file_conflict (hidden_mirror_id);

-- The audit's chain: no is its order, hash = sha256(the hash before, the event as text). Writers insert events; one sealer chains
-- them, in the order in which it finds them, since transactions do not commit in the order of their ids.
create table event_seal (
  no bigint primary key,
  event_id bigint not null unique references event,
  hash bytea not null
);
create table event_unsealed (event_id bigint not null);
insert into event_unsealed select id from event;

create function queue_for_seal() returns trigger language plpgsql as $$
begin
  insert into event_unsealed select id from fresh;
  return null;
end $$;
create trigger event_queued after insert on event
  referencing new table as fresh for each statement execute function queue_for_seal();

-- Nobody changes or removes what happened, we neither.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'Rows of % are never changed or removed.', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger event_append_only before update or delete or truncate on event
  for each statement execute function refuse_change();
create trigger event_seal_append_only before update or delete or truncate on event_seal
  for each statement execute function refuse_change();

-- A page of everybody's history, and of one person's.
create index event_actor on event (actor, id desc);
create index event_action on event (action, id desc);

-- Air gap --------------------------------------------------------------------------------------------------------------

-- A bundle made here ('out') or brought in ('in'); also the long work that does it. series: what belongs together; serial counts
-- its bundles; base_serial: the one a delta builds on, null when it is full.
-- state_sha256: digest of all that the channels hold after it. contents: that listing, kept so that a delta can be made against it.
-- step counts slices: only one may write the next. place: where the work stands.
create table bundle (
  id uuid primary key,
  direction text not null check (direction in ('out', 'in')),
  series text collate "C" not null,
  serial integer not null,
  base_serial integer,
  issuer text,
  state text not null check (state in ('pending', 'running', 'waiting', 'stopped', 'completed', 'failed')),
  definition jsonb not null default '{}',
  place jsonb not null default '{}',
  report jsonb not null default '{}',
  step integer not null default 0,
  state_sha256 bytea,
  contents bytea references blob,
  contents_bytes bigint,
  error_code text,
  error_text text,
  actor text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create index bundle_of_series on bundle (direction, series, serial desc);
create index bundle_contents on bundle (contents);

-- The parts of a bundle: of one that is made, where they lie; of one that comes in, which are in.
create table bundle_part (
  bundle_id uuid not null references bundle on delete cascade,
  part integer not null,
  bytes bigint not null,
  sha256 bytea,
  place text,
  state text not null check (state in ('todo', 'done')),
  primary key (bundle_id, part)
);

-- Bytes of a bundle that is not complete yet: a collection leaves them alone. Of one that is made also where they go: which member of
-- which part ('' stands for blobs/<sha256>, null for none yet), in what order.
create table bundle_blob (
  bundle_id uuid not null references bundle on delete cascade,
  blob bytea not null references blob,
  member text collate "C" not null default '',
  part integer,
  position integer,
  primary key (bundle_id, blob, member)
);
create index bundle_blob_blob on bundle_blob (blob);

-- The publications that a bundle under way is made from: they are kept for its time.
create table bundle_publication (
  bundle_id uuid not null references bundle on delete cascade,
  channel_id bigint not null references channel on delete cascade,
  no integer not null,
  primary key (bundle_id, channel_id)
);
create index bundle_publication_channel on bundle_publication (channel_id);

-- The last serial that was given out in each series made here: a number is never used twice, whatever was deleted.
create table bundle_series (
  series text collate "C" primary key,
  last_serial integer not null
);

-- Bundles that are made by the clock.
create table bundle_schedule (
  id uuid primary key,
  name text not null unique,
  definition jsonb not null,
  cron text not null,
  time_zone text not null default 'UTC',
  next_run_at timestamptz,
  last_bundle_id uuid references bundle on delete set null,
  created_at timestamptz not null,
  created_by text not null
);
create index bundle_schedule_due on bundle_schedule (next_run_at);
