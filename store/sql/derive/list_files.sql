-- Lists the files fetched from models that may name a parent.
select
    files.model,
    files.path,
    files.content,
    files.fetched_at
from hub.files
where files.content is not null
order by all
