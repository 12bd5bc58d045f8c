-- Lists the chosen models with times as ISO 8601 in UTC.
select * replace (strftime(created_at at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ') as created_at)
from export_models
