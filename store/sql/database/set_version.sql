-- Notes that the schema has reached $version.
insert into hub.schema_version
values ($version, now())
