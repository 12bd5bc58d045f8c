-- Lists the fetched model cards.
select
    model,
    content
from hub.files
where path = 'README.md'
    and content is not null
order by model
