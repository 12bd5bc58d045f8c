-- Remembers by which tags the records of a page are worth keeping; $siblings follows every parent.
create or replace temp table page_lexicon as
select
    cast($tags as varchar[]) as tags,
    cast($tag_prefixes as varchar[]) as tag_prefixes,
    cast($siblings as boolean) as siblings
