-- Remembers by which signs the records of a page are worth keeping, and since when; $siblings follows every parent.
create or replace temp table page_lexicon as
select
    $id_pattern as id_pattern,
    $tag_pattern as tag_pattern,
    cast($tags as varchar[]) as tags,
    cast($tag_prefixes as varchar[]) as tag_prefixes,
    cast($since as timestamptz) as since,
    cast($siblings as boolean) as siblings
