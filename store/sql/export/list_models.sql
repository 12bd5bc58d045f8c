-- Lists the chosen models with times as ISO 8601 in UTC.
select * replace (export_moment(created_at) as created_at)
from export_models
