-- Lists the models without a declared parent whose names tell that they are copies.
select
    id,
    words
from subjects
where len(parents) = 0
    and regexp_matches(words, $pattern)
