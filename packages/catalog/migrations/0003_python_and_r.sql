-- Python and R beside conda; channels in layers; names that belong to the house.

-- What was read of a file beside its index text, as JSON: of conda its run exports (CEP 12), of Python what its metadata and
-- its project say, of R its size and time. A part of a source (record.subdir) is a conda subdir, 'pypi', or a tree of CRAN:
-- 'cran:' and its path with ':' for '/', such as 'cran:src:contrib'. Keys of files: of Python '<project>/<file name>'.
alter table record rename column run_exports to extra;

-- Looking up the source of each of 700,000 rows took half as long as writing them. A mirror's source is never deleted, and
-- that of a channel's uploads goes with the channel, whose removal takes the records first.
alter table record drop constraint record_source_id_fkey;

-- The projects of a lazy source that were asked for: what the upstream answered last, and when.
-- revision: the source's when the project's records last changed. meta: what its page says beside the files.
create table source_name (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  name text collate "C" not null,
  revision integer not null,
  absent boolean not null,
  document_sha256 bytea,
  etag text,
  last_modified text,
  meta jsonb not null default '{}',
  checked_at timestamptz not null,
  primary key (source_id, subdir, name)
);

-- All the names an upstream lists, in the order of their normalised spelling; one a line, packed.
create table source_list (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  blob bytea not null references blob,
  unpacked_bytes bigint not null,
  names integer not null,
  etag text,
  last_modified text,
  checked_at timestamptz not null,
  primary key (source_id, subdir)
);
create index source_list_blob on source_list (blob);

-- Channels that show below a channel's own uploads and mirrors, the first on top.
create table channel_layer (
  channel_id bigint not null references channel on delete cascade,
  below_id bigint not null references channel on delete cascade,
  position integer not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (channel_id, below_id),
  check (channel_id <> below_id)
);
create index channel_layer_below on channel_layer (below_id);

-- name_priority: whether a name that a higher tier shows hides the lower tiers' files of that name ('strict'), or only the
-- same file is hidden ('merge'). Tiers: the uploads, all mirrors, each channel below.
alter table channel
  add column name_priority text not null default 'strict' check (name_priority in ('strict', 'merge'));
-- Channels of before go on showing what they showed.
update channel set name_priority = 'merge';

-- Names that mirrors never bring in: a name in lower case, '*' for any characters. internal: a mirror whose source is a
-- house of our own, which may.
create table reserved_name (
  pattern text collate "C" primary key,
  note text not null default '',
  created_at timestamptz not null,
  created_by text not null
);
alter table mirror
  add column internal boolean not null default false;

-- What stands beside a file of Python: the METADATA of a wheel (PEP 658), its attestations (PEP 740).
create table record_companion (
  source_id integer not null references source on delete cascade,
  subdir text collate "C" not null,
  file text collate "C" not null,
  from_rev integer not null,
  kind text not null check (kind in ('metadata', 'provenance')),
  blob bytea not null references blob,
  primary key (source_id, subdir, file, from_rev, kind)
);
create index record_companion_blob on record_companion (blob);

-- The list of projects that a channel's head answers with where mirrors know more names than were asked for. made_from: a digest
-- of all that it was made of.
create table project_list (
  channel_id bigint primary key references channel on delete cascade,
  made_from bytea not null,
  blob bytea not null references blob,
  names integer not null,
  created_at timestamptz not null
);
create index project_list_blob on project_list (blob);
