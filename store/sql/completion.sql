-- name: crawl
-- Returns the beginnings of the numbers of crawls, in the way of `completion/ids`.
select distinct left(crawl::varchar, $length) as value
from hub.crawls
where starts_with(crawl::varchar, $front)
order by value
limit $most

-- name: dataset
-- Returns the beginnings of data sets, in the way of `completion/ids`.
select distinct left(dataset, $length) as value
from hub.trained_on
where starts_with(dataset, $front)
    and regexp_full_match(dataset, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most

-- name: ids
-- Returns at most $most beginnings of ids, up to $length long, that start with $front and are safe in every shell.
select distinct left(id, $length) as value
from hub.nodes
where starts_with(id, $front)
    and regexp_full_match(id, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most

-- name: job
-- Returns the beginnings of the numbers of jobs, in the way of `completion/ids`.
select distinct left(number::varchar, $length) as value
from hub.jobs
where starts_with(number::varchar, $front)
order by value
limit $most

-- name: library
-- Returns the beginnings of libraries, in the way of `completion/ids`.
select distinct left(library, $length) as value
from hub.models
where starts_with(library, $front)
    and regexp_full_match(library, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most

-- name: license
-- Returns the beginnings of licences, in the way of `completion/ids`.
select distinct left(license, $length) as value
from hub.models
where starts_with(license, $front)
    and regexp_full_match(license, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most

-- name: org
-- Returns the beginnings of users and organisations, in the way of `completion/ids`.
select distinct left(split_part(id, '/', 1), $length) as value
from hub.nodes
where contains(id, '/')
    and starts_with(id, $front)
    and regexp_full_match(split_part(id, '/', 1), '[A-Za-z0-9_][A-Za-z0-9._-]*')
order by value
limit $most
