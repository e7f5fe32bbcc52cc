-- A channel's head is its shards and their indexes; the monolith follows under its own number. Sources may be shards,
-- channels may patch, publications may be pinned.

-- A record as it was listed: in which bucket, and with which run exports (CEP 12, CEP 21) beside its text.
alter table record add column v3 boolean not null default false;
alter table record add column run_exports bytea;

-- What changed between two revisions of a part, without reading it all.
create index record_begun on record (source_id, subdir, from_rev);
create index record_ended on record (source_id, subdir, to_rev) where to_rev is not null;

-- Whether any file name of the part has an upper-case letter in the package name, so that names cannot be told by ranges.
alter table source_part add column mixed_case boolean not null default false;

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

-- What a channel's admins changed in its records: one document of patch_instructions a subdir, in versions.
-- In force at patch revision r: from_rev <= r and (to_rev is null or r < to_rev).
alter table channel add column patch_rev integer not null default 0;
create table patch (
  channel_id bigint not null references channel on delete cascade,
  subdir text collate "C" not null,
  from_rev integer not null,
  to_rev integer,
  instructions jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (channel_id, subdir, from_rev)
);

-- kind 'shard': key is <subdir>/<package name>. kind 'index': key is <subdir>/repodata_shards.msgpack.zst.
-- bytes: what the shard's records take in repodata.json, each with its name and a comma after it.
-- buckets: how many of them stand in packages, packages.conda, v3.conda, v3.tar.bz2; null before this was counted.
alter table entry drop constraint entry_kind_check;
alter table entry add constraint entry_kind_check check (kind in ('shard', 'index', 'document'));
alter table entry add column bytes bigint not null default 0;
alter table entry add column buckets integer[];

alter table publication add column patch_rev integer not null default 0;
alter table publication add column actor text;

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
-- that changes again. channel.monolith_no: the publication whose documents the head serves, all of one number.
alter table channel add column monolith_no integer not null default 0;
create table monolith (
  channel_id bigint not null references channel on delete cascade,
  key text collate "C" not null,
  no integer not null,
  blob bytea not null references blob,
  created_at timestamptz not null,
  primary key (channel_id, key, no)
);
create index monolith_blob on monolith (blob);
insert into monolith (channel_id, key, no, blob, created_at)
  select entry.channel_id, entry.key, entry.from_no, entry.blob, publication.created_at
  from entry join publication on publication.channel_id = entry.channel_id and publication.no = entry.from_no
  where entry.kind = 'document' and entry.to_no is null;
update channel set monolith_no = head_no;
