-- What changed in a part of a source between two revisions, found by what changed and not by reading all. Indexes by blocks were
-- summarised too late to be of use: the whole table was read at each refresh. A source's first revision is nobody's difference, so
-- the first load of its first part costs nothing here.
drop index record_begun;
drop index record_ended;
create index record_begun on record (source_id, subdir, from_rev) where from_rev > 1;
create index record_ended on record (source_id, subdir, to_rev) where to_rev is not null;
