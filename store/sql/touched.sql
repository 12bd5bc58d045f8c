-- name: add_alike
-- Adds the models that the rules see beside those that are derived again: of the authors of those that declare no parent, the ones whose names theirs begin with or come from, all where the author makes known bases, and for trained models those that declare a parent; and those of a name that a copy may have its own from.
insert into seen
with declaring as (
    select child
    from hub.evidence
    where not inferred
        and kind <> 'gguf'
),
asked as materialized (
    select
        id,
        author,
        hub.words_in(split_part(id, '/', -1)) as words,
        list_has_any(tags, cast($marks as varchar[])) as is_trained
    from touched_records
    where id not in (
        from declaring
    )
),
lettered as (
    select distinct
        child,
        owner,
        hash(replace(replace(words, ' ', ''), '.', '')) as letters
    from forms
),
names as (
    select
        author,
        hash(replace(array_to_string(words[:length], ''), '.', '')) as letters
    from (
        select
            author,
            words,
            unnest(range(cast($series_words as bigint), len(words))) as length
        from asked
    )
    union
    select
        asked.author,
        lettered.letters
    from lettered
    inner join asked
        on asked.id = lettered.child
    where lettered.owner = ''
),
others as materialized (
    select
        id,
        rowid as place,
        author,
        hub.letters_of(id) as letters
    from hub.models
    where author in (
        select author
        from asked
    )
)
select
    id,
    place
from others
where letters is null
    or (author, letters) in (
        from names
    )
    or author in (
        select author
        from hub.bases
        where authors >= cast($base_authors as bigint)
    )
    or (
        author in (
            select author
            from asked
            where is_trained
        )
        and id in (
            from declaring
        )
    )
union all
select
    id,
    place
from hub.nodes
where (
        letters is null
        or letters in (
            select letters
            from lettered
        )
    )
    and id not in (
        select id
        from hub.changed
    )
union all
select
    id,
    place
from figured
where hub.letters_of(id) is null
    or hub.letters_of(id) in (
        select letters
        from lettered
    )

-- name: add_bases
-- Adds the known bases that the rules may compare with the models that are derived again: those of their authors, those whose name a copy may have its own from, or stands in theirs, and well-known ones with the same name but for their maker's.
insert into seen
with asked as materialized (
    select
        author,
        hub.words_in(split_part(id, '/', -1)) as words
    from touched_records
    where id not in (
        select child
        from hub.evidence
        where not inferred
            and kind <> 'gguf'
    )
),
begun as (
    select
        words,
        unnest(range(1, len(words) + 1)) as first
    from asked
),
cut as (
    select
        words,
        first,
        unnest(case when first <= 2 then range(first, len(words) + 1) else [len(words)] end) as last
    from begun
),
named as materialized (
    select array_to_string(words[first:last], ' ') as words
    from cut
    union
    select words
    from forms
    union
    select array_to_string(hub.words_in(split_part(id, '/', -1)), ' ')
    from touched_records
),
bases as materialized (
    select id
    from hub.bases
    where author in (
            select author
            from asked
        )
        or (
            children >= cast($children as bigint)
            and (
                words in (
                    from named
                )
                or words[length(regexp_extract(lower(author), '[a-z]+')) + 2:] in (
                    from named
                )
            )
        )
    union all
    select id
    from (
        select
            id,
            unnest(names) as name
        from hub.bases
    )
    where name in (
        from named
    )
)
select
    nodes.id,
    coalesce(figured.place, nodes.place)
from hub.nodes
left join figured using (id)
where nodes.id in (
    from bases
)

-- name: add_by_author
-- Adds the undeclared models of which something may be inferred otherwise because another by their author changed or leads elsewhere: those whose names begin with its name; if it declares a parent, or did so, those with tags of training; and if its author makes known bases and it is new or renamed, all.
insert into touched
with others as materialized (
    select
        id,
        author,
        split_part(id, '/', -1) as name,
        tags
    from hub.models
    where author in (
            select author
            from authored
        )
        and id not in (
            select child
            from hub.evidence
            where not inferred
                and kind <> 'gguf'
        )
),
declaring as (
    select child
    from hub.evidence
    where not inferred
    union all
    select child
    from hub.declarations
    union all
    select resolutions.parent
    from hub.curated
    inner join hub.resolutions
        on resolutions.named = curated.model
),
shorter as (
    select distinct
        author,
        words
    from authored
    where len(words) >= cast($series_words as bigint)
)
select others.id
from others
inner join shorter
    on shorter.author = others.author
    and shorter.words[1] = hub.words_in(others.name)[1]
    and shorter.words = hub.words_in(others.name)[:len(shorter.words)]
union all
select id
from others
where author in (
        select author
        from authored
        semi join declaring
            on declaring.child = authored.id
    )
    and list_has_any(tags, cast($marks as varchar[]))
union all
select id
from others
where author in (
        select author
        from hub.bases
        where authors >= cast($base_authors as bigint)
    )
    and author in (
        select authored.author
        from authored
        inner join hub.changed using (id)
        where changed.hub_id in (
            select hub_id
            from hub.changed
            where what in ('new', 'renamed')
        )
    )

-- name: add_by_figures
-- Adds the copies whose names may come from that of a lent model with other downloads than before, where another model that theirs may come from has as many as it had or has, or a number between.
insert into touched
with counted as materialized (
    select
        id,
        cast(low as bigint) as low,
        cast(high as bigint) as high,
        coalesce(hub.letters_of(id), 0) as letters,
        hub.words_in(split_part(id, '/', -1)) as words,
        hub.words_in(split_part(id, '/', 1)) as owner
    from lent_figures
    where id not in (
        select id
        from hub.bases
    )
),
named as (
    select
        *,
        unnest([
            array_to_string(words, ' '),
            case when words[-1] = 'hf' then array_to_string(words[:-2], ' ') end,
            array_to_string(list_concat(owner, words), ' ')
        ]) as name
    from counted
),
copies as materialized (
    select distinct
        copy_names.child,
        named.id,
        named.low,
        named.high
    from hub.copy_names
    inner join named
        on named.name = copy_names.words
),
split as (
    select
        child,
        string_split(words, ' ') as parts
    from hub.copy_names
    semi join copies using (child)
),
lettered as materialized (
    select
        child,
        hash(replace(array_to_string(parts[first:], ''), '.', '')) as letters
    from (
        select
            child,
            parts,
            unnest(range(1, least(cast($author_words as bigint), len(parts)) + 1)) as first
        from split
    )
    union
    select
        child,
        hash(replace(array_to_string(parts, '') || 'hf', '.', ''))
    from split
    union
    select
        child,
        0
    from copies
),
compared as materialized (
    select
        copies.*,
        lettered.letters
    from copies
    inner join lettered using (child)
),
places as materialized (
    select
        id,
        place,
        coalesce(letters, 0) as letters
    from hub.nodes
    where place is not null
        and (
            letters is null
            or letters in (
                select letters
                from lettered
            )
        )
        and id not in (
            select id
            from lent_figures
        )
),
rivals as materialized (
    select
        letters,
        models.downloads
    from places
    inner join hub.models
        on models.rowid = places.place
    where places.id not in (
        select id
        from hub.bases
    )
    union
    select
        coalesce(hub.letters_of(id), 0),
        downloads
    from hub.bases
)
select compared.child
from compared
asof inner join (
    select
        letters,
        coalesce(downloads, 0) as downloads
    from rivals
) as next
    on next.letters = compared.letters
    and compared.low <= next.downloads
where next.downloads <= compared.high
union
select compared.child
from compared
inner join counted as other
    on other.letters = compared.letters
    and other.id <> compared.id
where other.low <= compared.high
    and other.high >= compared.low

-- name: add_by_file
-- Adds the models whose files name a model that changed, whose configuration may name any, or that share a file of weights with one.
insert into touched
select child
from hub.file_names
where named in (
        from led_elsewhere
    )
    or lower(named) in (
        select name
        from named_anew
        where not is_figured
    )
union
select child
from hub.declarations
where reason = 'local path'
union
select model
from hub.shapes
where name_or_path is not null
union
select model
from hub.file_hashes
where lfs_oid in (
    select lfs_oid
    from hub.file_hashes
    where lfs_oid is not null
        and model in (
            select id
            from changed_names
        )
)

-- name: add_by_name
-- Adds the copies whose names may come from those of models that changed or lead elsewhere.
insert into touched
with split as (
    select
        words,
        hub.words_in(split_part(id, '/', 1)) as owner
    from authored
),
named as (
    select array_to_string(words, ' ') as words
    from split
    union
    select array_to_string(words[:-2], ' ')
    from split
    where words[-1] = 'hf'
    union
    select array_to_string(list_concat(owner, words), ' ')
    from split
)
select child
from hub.copy_names
where words in (
    select words
    from named
)

-- name: add_by_tag
-- Adds the models with the name of a model that changed among their tags.
insert into touched
select id
from (
    select
        id,
        unnest(tags) as tag
    from hub.models
)
where contains(tag, '/')
    and trim(tag) in (
        select id
        from changed_names
    )

-- name: add_curated
-- Adds the models that vendor facts are about.
insert into touched
select resolutions.parent
from hub.curated
inner join hub.resolutions
    on resolutions.named = curated.model

-- name: add_names
-- Adds the names that models that are derived again declare.
insert into named_anew
select
    lower(named),
    false
from hub.declarations
where named is not null
    and is_touched(child)

-- name: add_resolved
-- Adds the models that changed, and those whose declarations lead elsewhere than before.
insert into touched
select id
from seeds

-- name: change_all
-- Lets what the records of all models say be derived again.
create or replace temp macro is_changed(told) as true

-- name: change_some
-- Lets only what the records of changed models say be derived again.
create or replace temp macro is_changed(told) as told in (
    select id
    from changed_names
)

-- name: collect_authored
-- Collects the models that changed or lead elsewhere with their authors, those in their names too, and the words of their names.
create or replace temp table authored as
with named as (
    select
        id,
        split_part(id, '/', 1) as author
    from seeds
    union
    select
        seeds.id,
        models.author
    from seeds
    inner join hub.models using (id)
    where models.author is not null
)
select
    *,
    hub.words_in(split_part(id, '/', -1)) as words
from named

-- name: collect_changed
-- Collects the names that changed since the last derivation, but for those of which only figures did.
create or replace temp table changed_names as
select id
from hub.changed
group by id
having bool_or(what <> 'figures')

-- name: collect_elsewhere
-- Collects the names that lead elsewhere than before.
create or replace temp table led_elsewhere as
select named
from (
    (
        from resolved_before
        except
        from hub.resolutions
    )
    union
    (
        from (
            from hub.resolutions
            where is_named_anew(named)
        )
        except
        from resolved_before
    )
)

-- name: collect_evidence
-- Collects the evidence that is written again.
create or replace temp table evidence_before as
from hub.evidence
where is_touched(child)

-- name: collect_figured
-- Collects the names of which nothing but figures changed since the last derivation, with what stands in their records now.
create or replace temp table figured as
select
    models.id,
    models.rowid as place,
    models.downloads,
    models.last_seen_at,
    models.card_parent <> 'null' as has_card_parent
from hub.models
where id in (
    select id
    from hub.changed
    group by id
    having bool_and(what = 'figures')
)

-- name: collect_kin
-- Collects the models of the components with the lent numbers, and those that are no nodes any more.
create or replace temp table kin as
select nodes.id
from lent_members as lent
inner join hub.nodes using (nid)
union
from moved

-- name: collect_linked
-- Collects the models whose edges are written again: those that changed, be it in figures alone, those with other evidence than before, and those of which something inferred leads to one.
create or replace temp table linked as
with other as (
    select id
    from changed_names
    union
    select child
    from (
        (
            from evidence_before
            except
            from hub.evidence
            where is_touched(child)
        )
        union
        (
            from (
                from hub.evidence
                where is_touched(child)
            )
            except
            from evidence_before
        )
    )
)
select id
from other
union
select id
from figured
union
select child
from hub.evidence
where inferred
    and parent in (
        select id
        from other
    )

-- name: collect_moved
-- Collects the models whose edges are written again, with their parents before that.
create or replace temp table moved as
from linked
union
select parent
from hub.edges
where is_linked(child)

-- name: collect_names
-- Collects, in lower case, the names that may lead elsewhere than before: those that changed, with or without their first part, their former names, and what they declared; and those whose figures alone did.
create or replace temp table named_anew as
select
    lower(id) as name,
    false as is_figured
from changed_names
union
select
    lower(split_part(id, '/', 2)),
    false
from changed_names
union
select
    lower(alias),
    false
from hub.aliases
where hub_id in (
    select hub_id
    from hub.changed
    where what <> 'figures'
)
union
select
    lower(named),
    false
from hub.declarations
where named is not null
    and child in (
        select id
        from changed_names
    )
union
select
    unnest([lower(id), lower(split_part(id, '/', 2))]),
    true
from figured

-- name: collect_read
-- Collects of the models that are derived again what the rules read of their records: dates and tags.
create or replace temp table touched_records as
select
    rowid as place,
    id,
    author,
    created_at,
    first_seen_at,
    last_seen_at,
    tags
from hub.models
where rowid in (
    select models.rowid
    from hub.models
    where models.id in (
        select id
        from touched
    )
)

-- name: collect_records
-- Collects the records of the names that changed, without their JSON.
create or replace temp table changed_records as
select
    rowid as place,
    * exclude (body)
from hub.models
where rowid in (
    select models.rowid
    from hub.models
    where models.id in (
        select id
        from changed_names
    )
)

-- name: collect_resolved
-- Collects where the names lead that are resolved again.
create or replace temp table resolved_before as
from hub.resolutions
where is_named_anew(named)

-- name: collect_seeds
-- Collects the models that changed, and those whose declarations lead elsewhere than before.
create or replace temp table seeds as
select id
from changed_names
union
select declarations.child
from hub.declarations
semi join led_elsewhere using (named)

-- name: collect_seen
-- Collects the models that are derived again, which the rules see.
create or replace temp table seen as
select
    id,
    place
from touched_records

-- name: collect_touched
-- Collects the models that are derived again: those that changed, and those of which people or vendor facts say something.
create or replace temp table touched as
select id
from changed_names
union
select child
from hub.said_pairs()
union
select child
from hub.evidence
where kind in ('human', 'curated')

-- name: count_lost_bases
-- Counts the known bases that no longer have their name.
select count(*)
from hub.changed
inner join hub.bases using (id)
where changed.what = 'renamed'

-- name: count_seen
-- Counts the models that the rules see.
select count(*)
from seen

-- name: count_touched
-- Counts the names that changed since all models were learned from, and the models; no row if that never was.
select
    cast(derived.value as bigint) + (
        select count(distinct id)
        from hub.changed
    ),
    (
        select count(*)
        from hub.models
    )
from hub.derived
where derived.name = 'learned'

-- name: drop_authored
-- Drops the models that changed or lead elsewhere with their authors.
drop table if exists authored

-- name: drop_changed
-- Drops the names that changed.
drop table if exists changed_names

-- name: drop_elsewhere
-- Drops the names that lead elsewhere than before.
drop table if exists led_elsewhere

-- name: drop_evidence
-- Drops the evidence that was written again.
drop table if exists evidence_before

-- name: drop_figured
-- Drops the names of which nothing but figures changed.
drop table if exists figured

-- name: drop_forms
-- Drops the names that copies may have their own from.
drop table if exists forms

-- name: drop_kin
-- Drops the models of the components that are derived again.
drop table if exists kin

-- name: drop_linked
-- Drops the models whose edges are written again.
drop table if exists linked

-- name: drop_moved
-- Drops the models whose edges were written again.
drop table if exists moved

-- name: drop_names
-- Drops the names that may lead elsewhere than before.
drop table if exists named_anew

-- name: drop_read
-- Drops what the rules read of the records of models that are derived again.
drop table if exists touched_records

-- name: drop_records
-- Drops the records of the names that changed.
drop table if exists changed_records

-- name: drop_resolved
-- Drops where names led before.
drop table if exists resolved_before

-- name: drop_seeds
-- Drops the models that changed or whose declarations lead elsewhere.
drop table if exists seeds

-- name: drop_seen
-- Drops the models that the rules see.
drop table if exists seen

-- name: drop_touched
-- Drops the models that are derived again.
drop table if exists touched

-- name: forget_learned
-- Forgets when all models were learned from.
delete from hub.derived
where name = 'learned'

-- name: kin_all
-- Lets the families of all models be written again.
create or replace temp macro is_kin(told) as true

-- name: kin_some
-- Lets only the families of the collected models be written again.
create or replace temp macro is_kin(told) as told in (
    select id
    from kin
)

-- name: link_all
-- Lets the edges of all models be written again.
create or replace temp macro is_linked(told) as true

-- name: link_some
-- Lets only the edges of the collected models be written again.
create or replace temp macro is_linked(told) as told in (
    select id
    from linked
)

-- name: list_figured
-- Lists the names of which nothing but figures changed, with the downloads of now.
select
    id,
    coalesce(downloads, 0)
from figured

-- name: list_linked
-- Lists the models whose edges are written again.
from linked

-- name: list_moved
-- Returns the numbers of the models whose edges were written again, and of their parents before that and now.
select nodes.nid
from hub.nodes
where nodes.id in (
    select id
    from moved
    union all
    select parent
    from hub.edges
    where is_linked(child)
)

-- name: mark_learned
-- Writes that all models were learned from, and that nothing changed since.
insert into hub.derived
values ('learned', '0', $derived_at)

-- name: mark_touched
-- Adds the names that changed to those that did since all models were learned from.
update hub.derived
set value = cast(cast(value as bigint) + (
    select count(*)
    from (
        select id
        from changed_names
        union all
        select id
        from figured
    )
) as varchar)
where name = 'learned'

-- name: name_all
-- Lets all names be resolved again.
create or replace temp macro is_named_anew(told) as true

-- name: name_some
-- Lets only the collected names be resolved again.
create or replace temp macro is_named_anew(told) as lower(told) in (
    select named_anew.name
    from named_anew
)

-- name: read_all
-- Lets what the records say be read from those of all models.
create or replace temp macro changed_models() as table
select
    rowid as place,
    * exclude (body)
from hub.models

-- name: read_some
-- Lets what the records say be read from those of changed models.
create or replace temp macro changed_models() as table
from changed_records

-- name: see_all
-- Lets the rules see all models.
create or replace temp macro is_seen(told) as true

-- name: see_all_places
-- Lets the rules see the records of all models.
create or replace temp macro is_seen_at(told) as true

-- name: see_declarations
-- Updates when the declarations of records were last seen of which nothing but figures changed.
update hub.declarations
set last_seen_at = figured.last_seen_at
from figured
where figured.id = declarations.child
    and (
        declarations.evidence in ('tag', 'hub', 'config')
        or (
            declarations.evidence = 'card'
            and figured.has_card_parent
        )
    )

-- name: see_evidence
-- Updates when the evidence of records was last seen of which nothing but figures changed.
update hub.evidence
set last_seen_at = figured.last_seen_at
from figured
where figured.id = evidence.child
    and (
        evidence.inferred
        or evidence.kind in ('tag', 'hub', 'config')
        or (
            evidence.kind = 'card'
            and figured.has_card_parent
        )
    )

-- name: see_some
-- Lets the rules see only the collected models.
create or replace temp macro is_seen(told) as told in (
    select id
    from seen
)

-- name: see_some_places
-- Lets the rules see only the records of the collected models.
create or replace temp macro is_seen_at(told) as told in (
    select place
    from seen
)

-- name: sign_all
-- Lets the signs of all models be collected.
create or replace temp macro is_signed(told) as true

-- name: sign_asked
-- Lets only the signs of the models be collected that rules look at beside those that are derived again.
create or replace temp macro is_signed(told) as told in (
    select number
    from subjects
    where number in (
            select number
            from asked
            union all
            select id
            from matches
        )
        and number not in (
            select place
            from touched_records
        )
)

-- name: sign_some
-- Lets only the signs of the models that are derived again be collected.
create or replace temp macro is_signed(told) as told in (
    select place
    from touched_records
)

-- name: tell_all
-- Lets the rules read the records of all models.
create or replace temp macro touched_models() as table
select
    rowid as place,
    id,
    author,
    created_at,
    first_seen_at,
    last_seen_at,
    tags
from hub.models

-- name: tell_some
-- Lets the rules read the records of the models alone that are derived again.
create or replace temp macro touched_models() as table
from touched_records

-- name: touch_all
-- Lets all models be derived again.
create or replace temp macro is_touched(told) as true

-- name: touch_some
-- Lets only the collected models be derived again.
create or replace temp macro is_touched(told) as told in (
    select id
    from touched
)
