-- Notes that the file is a snapshot, with what it is a snapshot of.
insert into hub.derived
values ('snapshot', $facts, $made_at)
