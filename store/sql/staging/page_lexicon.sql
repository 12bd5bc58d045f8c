-- Remembers by which signs the records of a page are worth keeping.
create or replace temp table page_lexicon as
select
    $id_pattern as id_pattern,
    $tag_pattern as tag_pattern,
    cast($tags as varchar[]) as tags,
    cast($tag_prefixes as varchar[]) as tag_prefixes
