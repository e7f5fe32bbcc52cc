-- A channel's head is its shards and their indexes; the monolith follows under its own number. Sources may be shards,
-- channels may patch, publications may be pinned.

-- A record as it was listed: in which bucket, and with which run exports (CEP 12, CEP 21) beside its text.
alter table record
  add column v3 boolean not null default false,
  add column run_exports bytea;

-- What changed between two revisions, without reading it all. By blocks, since what changes together is written together:
-- they cost a first load nothing, and are no way to look for anything else.
create index record_begun on record using brin (from_rev) with (autosummarize = on);
create index record_ended on record using brin (to_rev) with (autosummarize = on);

-- Since when the upstream is known to serve no shards; and its run_exports.json as last read, or since when it has none.
alter table source_part
  add column shards_absent_at timestamptz,
  add column run_exports_url text,
  add column run_exports_sha256 bytea,
  add column run_exports_etag text,
  add column run_exports_last_modified text,
  add column run_exports_absent_at timestamptz;

-- The shards an upstream serves: live at revision r as records are. Reused as they are where nothing of a name is hidden.
-- signature: the words of its records, as in an entry; null when it cannot be handed on as it is.
create table source_shard (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  name text collate "C" not null,
  from_rev integer not null,
  to_rev integer,
  sha256 bytea not null,
  blob bytea references blob,
  signature bytea,
  primary key (source_id, subdir, name, from_rev)
);
create index source_shard_blob on source_shard (blob);

-- patch_rev: see patch. monolith_no: the publication whose documents the head serves, all of one number.
-- retention: how long this channel keeps publications: {all_days, daily_days}; null for the installation's setting.
alter table channel
  add column patch_rev integer not null default 0,
  add column monolith_no integer not null default 0,
  add column retention jsonb;

-- What a channel's admins changed in its records: one document of patch_instructions a subdir, in versions.
-- In force at patch revision r: from_rev <= r and (to_rev is null or r < to_rev).
create table patch (
  channel_id bigint not null references channel on delete cascade,
  subdir text collate "C" not null,
  from_rev integer not null,
  to_rev integer,
  instructions text not null,
  sha256 bytea not null,
  bytes integer not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (channel_id, subdir, from_rev)
);

alter table publication
  add column patch_rev integer not null default 0,
  add column actor text;

-- A publication with a name is kept for ever.
create table pin (
  channel_id bigint not null,
  name text collate "C" not null,
  no integer not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (channel_id, name),
  foreign key (channel_id, no) references publication on delete cascade
);
create index pin_publication on pin (channel_id, no);

-- repodata.json.zst and kin. no: the publication that last changed what the document is made of; it holds from there until
-- that changes again.
-- created_at: that publication's; written_at: when this was made, which for an older publication is much later.
create table monolith (
  channel_id bigint not null references channel on delete cascade,
  key text collate "C" not null,
  no integer not null,
  blob bytea not null references blob,
  created_at timestamptz not null,
  written_at timestamptz not null,
  primary key (channel_id, key, no)
);
create index monolith_blob on monolith (blob);

-- Documents were entries until now; those of the heads go on being served.
insert into monolith (channel_id, key, no, blob, created_at, written_at)
  select entry.channel_id, entry.key, entry.from_no, entry.blob, publication.created_at, publication.created_at
  from entry join publication on publication.channel_id = entry.channel_id and publication.no = entry.from_no
  where entry.kind = 'document' and entry.to_no is null;
update channel set monolith_no = head_no;
delete from entry where kind = 'document';

-- kind 'shard': key is <subdir>/<package name>. kind 'index': key is <subdir>/repodata_shards.msgpack.zst.
-- bytes: what the shard's records take in repodata.json, each with its name and a comma after it.
-- buckets: how many of them stand in packages, packages.conda, v3.conda, v3.tar.bz2; null before this was counted.
-- upstream: whether the blob is an upstream's own shard: only such bytes are another's spelling, and go when it changes its
-- own.
alter table entry
  drop constraint entry_kind_check,
  add constraint entry_kind_check check (kind in ('shard', 'index')),
  add column bytes bigint not null default 0,
  add column buckets integer[],
  add column upstream boolean not null default false;

-- A page of a head's package names, without reading the entries.
create index entry_name on entry (channel_id, (split_part(key, '/', 2)), key) where kind = 'shard' and to_no is null;

-- Bytes that nothing needs are condemned first and go later; who meets them again clears it. See docs/adr/0007.
alter table blob add column condemned_at timestamptz;
create index blob_condemned on blob (sha256) where condemned_at is not null;
create index blob_pack on blob (pack) where pack is not null;
create index record_digest_blob on record_digest (sha256);
create index facts_blob on facts (blob);
create index needed_noarch_blob on needed_noarch (blob);

-- Packs in which no blob lies any more, and since when: readers may still hold an old place.
create table retired_pack (
  id text primary key,
  retired_at timestamptz not null
);

-- Collections of what nothing needs, and checks: long work in slices. step counts them: only one may write the next.
-- marks: one bit for every blob looked at, in the order of their digests: set when something needs it.
create table maintenance (
  id uuid primary key,
  kind text not null check (kind in ('collect', 'check')),
  state text not null check (state in ('pending', 'running', 'completed', 'failed')),
  options jsonb not null,
  actor text not null,
  step integer not null default 0,
  place jsonb not null default '{}',
  marks bytea,
  report jsonb not null default '{}',
  error_text text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz
);
create unique index maintenance_one_open on maintenance (kind) where state in ('pending', 'running');
create index maintenance_history on maintenance (created_at desc);

-- Who deleted a file: asked at the door for each that is gone.
create index event_removal on event (channel, subject, id desc) where action = 'artifact_removed';

-- Which publication a mirror's run waits for, once its channel was published: it is completed when the monolith is there.
alter table run add column publication_no integer;
