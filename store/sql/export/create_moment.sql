-- Makes what writes a moment as ISO 8601 in UTC.
create or replace temp macro export_moment(moment) as strftime(moment at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')
