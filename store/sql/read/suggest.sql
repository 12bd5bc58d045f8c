-- Returns the five ids nearest to a name, by the spelling of the whole and of the last part.
select id
from hub.nodes
order by
    greatest(
        jaro_winkler_similarity(lower(id), lower($name)),
        jaro_winkler_similarity(
            lower(split_part(id, '/', -1)),
            lower(split_part($name, '/', -1))
        ) - 0.05
    ) desc,
    id
limit 5
