-- name: add_copy_names
-- Adds the lent names that copies may have their own from.
insert into hub.copy_names
from lent_copies

-- name: add_signs
-- Adds what was collected of the signs of models that the rules look at; what was learned of known bases stays.
update subjects
set
    types_0 = signs.types_0,
    types_1 = signs.types_1,
    types_2 = signs.types_2,
    marks = signs.marks,
    model_type = signs.model_type
from signs
where signs.number = subjects.number
    and not subjects.is_base

-- name: clear_copy_names
-- Removes the names that copies may have their own from, where they are written again.
delete from hub.copy_names
where is_changed(child)

-- name: clear_file_names
-- Removes the names in files that are written again.
delete from hub.file_names
where is_touched(child)

-- name: collect_asked
-- Collects the models without a declared parent about which rules may have something to say, by their name, the name of another model or base of their author, their tags of training, or their shape; and which of their authors' other models the rules look at: those that declare one parent for trained models, all for what may be made from an own base, and those whose names theirs begin with or come from.
create or replace temp table asked as
with busy as (
    select author
    from subjects
    group by author
    having count(*) > 1
),
split as (
    select
        number,
        author,
        created,
        string_split(words, ' ') as words
    from subjects
    semi join busy using (author)
    where parents = 0
        and is_touched(id)
),
begun as (
    select
        number,
        created,
        author,
        words,
        unnest(range(cast($series_words as bigint), len(words))) as length
    from split
),
longer as (
    select
        begun.number,
        other.number as other
    from (
        select
            number,
            created,
            hash(author, array_to_string(words[1:length], ' ')) as name
        from begun
    ) as begun
    inner join (
        select
            number,
            created,
            hash(author, words) as name
        from subjects
        semi join busy using (author)
    ) as other
        on other.name = begun.name
        and other.created < begun.created
),
builders as (
    select
        author,
        list_filter(
            string_split(words, ' '),
            lambda word: not list_contains(cast($plain_words as varchar[]), word)
        ) as words
    from subjects
    where authors >= cast($authors as bigint)
        and not is_copy
),
built as (
    select named.number
    from (
        select
            number,
            author,
            string_split(words, ' ') as words
        from subjects
        where parents = 0
            and not is_copy
            and is_touched(id)
    ) as named
    inner join builders using (author)
    where list_has_all(named.words, builders.words)
),
open_ones as (
    select number
    from subjects
    where parents = 0
        and (
            (marks <> 0 and children < cast($children as bigint))
            or parameters in (
                select parameters
                from lent_weights_of_habits
            )
        )
    union
    select child
    from named_bases
    union
    select child
    from matches
    union
    select child
    from own_originals
    union
    select number
    from built
    union
    select number
    from longer
),
touched_ones as (
    select
        open_ones.number,
        subjects.author,
        subjects.marks <> 0 as is_trained,
        built.number is not null as is_built
    from open_ones
    inner join subjects using (number)
    left join (
        select distinct number
        from built
    ) as built using (number)
    where is_touched(subjects.id)
)
select
    subjects.bucket,
    subjects.number,
    touched_ones.number is not null as is_asked
from subjects
left join touched_ones using (number)
where touched_ones.number is not null
    or (
        subjects.parents = 1
        and subjects.author in (
            select author
            from touched_ones
            where is_trained
        )
    )
    or subjects.author in (
        select author
        from touched_ones
        where is_built
    )
    or subjects.number in (
        select other
        from longer
        semi join touched_ones using (number)
    )
    or subjects.number in (
        select own_originals.number
        from own_originals
        inner join touched_ones
            on touched_ones.number = own_originals.child
    )

-- name: collect_base_names
-- Collects the lent names by which known bases are meant, and whether others declare these.
create or replace temp table base_names as
select
    lent.words,
    lent.id,
    subjects.children > 0 as is_declared
from lent_base_names as lent
inner join subjects using (id)

-- name: collect_forms
-- Collects the names that the copies that are derived again may have their own from, with the words of an author before them or none.
create or replace temp table forms as
with split as (
    select
        child,
        words,
        string_split(words, ' ') as parts
    from hub.copy_names
    where is_touched(child)
),
cut as (
    select
        child,
        parts,
        unnest(range(1, least(cast($author_words as bigint), len(parts)))) as length
    from split
)
select
    child,
    words,
    '' as owner
from split
union
select
    child,
    words || ' hf',
    ''
from split
union
select
    child,
    array_to_string(parts[length + 1:], ' '),
    array_to_string(parts[:length], ' ')
from cut

-- name: collect_matches
-- Collects, for every name that a copy may have its own from, the 20 best-known models of other authors that have this name; with words of an author, only models of an author with these words.
create or replace temp table matches as
with lent as (
    select
        subjects.number as child,
        subjects.author,
        subjects.created,
        forms.words,
        forms.owner
    from forms
    inner join subjects
        on subjects.id = forms.child
    where subjects.parents = 0
),
named as (
    select
        number,
        words
    from subjects
    semi join lent using (words)
    union
    select
        subjects.number,
        base_names.words
    from base_names
    semi join lent using (words)
    inner join subjects using (id)
    where base_names.is_declared
),
originals as (
    select
        named.words,
        subjects.number,
        subjects.author,
        subjects.created,
        array_to_string(hub.words_in(subjects.author), ' ') as owner,
        row_number() over (
            order by
                subjects.authors desc,
                subjects.children desc,
                subjects.downloads desc,
                subjects.id,
                named.words
        ) as rank
    from named
    inner join subjects using (number)
),
pairs as (
    select
        lent.child,
        originals.words,
        originals.rank
    from lent
    inner join originals
        on originals.words = lent.words
        and originals.author <> lent.author
        and originals.created <= lent.created
    where lent.owner = ''
    union all
    select
        lent.child,
        originals.words,
        originals.rank
    from lent
    inner join originals
        on originals.words = lent.words
        and originals.owner = lent.owner
        and originals.author <> lent.author
        and originals.created <= lent.created
    where lent.owner <> ''
),
best as (
    select
        child,
        unnest(min(rank, 20)) as rank
    from pairs
    group by
        child,
        words
)
select
    best.child,
    originals.number as id,
    copy.bucket
from best
inner join originals using (rank)
inner join subjects as copy
    on copy.number = best.child

-- name: collect_named_bases
-- Collects, for the models without a declared parent, the older models of other authors whose whole name stands at the beginning or the end of theirs, or behind their first word; the longest such names.
create or replace temp table named_bases as
with fronts as (
    select
        hash(words[1], words[2]) as front,
        max(len(words)) as longest
    from (
        select string_split(words, ' ') as words
        from base_names
    )
    group by front
),
plain as (
    select
        number,
        author,
        created,
        bucket,
        string_split(words, ' ') as words
    from subjects
    where author <> ''
        and parents = 0
        and not is_copy
        and is_touched(id)
),
begun as (
    select
        *,
        unnest(range(1, len(words))) as place
    from plain
),
fitting as (
    select
        begun.*,
        least(fronts.longest, len(words) - 1, cast($longest as bigint) - 1) as longest
    from begun
    inner join fronts
        on fronts.front = hash(words[place], words[place + 1])
),
placed as (
    select
        * exclude (longest),
        unnest(range(
            case when place <= 2 then 2 else len(words) - place + 1 end,
            least(longest, len(words) - place + 1) + 1
        )) as length
    from fitting
)
select
    placed.number as child,
    bases.number as base,
    placed.bucket
from placed
inner join base_names as lent
    on lent.words = array_to_string(placed.words[placed.place:placed.place + placed.length - 1], ' ')
inner join subjects as bases
    on bases.id = lent.id
    and bases.author <> placed.author
    and bases.created <= placed.created
qualify row_number() over (
    partition by placed.number
    order by
        placed.length desc,
        bases.authors desc,
        bases.id
) <= 5

-- name: collect_named_in_files
-- Collects the models that the lent texts of cards and configurations name, with the stored model that each name leads to.
create or replace temp table named_in_files as
select
    lent.*,
    coalesce(listed.id, aliases.id, resolutions.parent) as parent
from lent_named as lent
left join hub.models as listed
    on listed.id = lent.named
left join aliases
    on aliases.alias = lent.named
left join hub.resolutions
    on resolutions.named = lent.named
    and resolutions.resolution <> 'missing'

-- name: collect_own_originals
-- Collects the copies with the models by the same author that have a name that theirs may be from.
create or replace temp table own_originals as
with wanted as (
    select distinct
        copy.number as child,
        hash(copy.author, lent.words) as name
    from forms as lent
    inner join subjects as copy
        on copy.id = lent.child
    where lent.owner = ''
        and copy.parents = 0
)
select
    wanted.child,
    subjects.number
from subjects
inner join wanted
    on wanted.name = hash(subjects.author, subjects.words)

-- name: collect_signs
-- Collects, under the row numbers of models, the tags that rules look at as bits, and the type of model.
create or replace temp table signs as
with typed as (
    select
        models.rowid as number,
        coalesce(shapes.model_type, models.model_type) as model_type
    from hub.models
    left join hub.shapes
        on shapes.model = models.id
    where is_signed(models.rowid)
        and coalesce(shapes.model_type, models.model_type) is not null
),
tagged as (
    select
        number,
        lent.place,
        lent.bit,
        '' as model_type
    from (
        select
            rowid as number,
            unnest(tags) as tag
        from hub.models
        where is_signed(rowid)
    ) as models
    inner join lent_signs as lent using (tag)
    union all
    select
        typed.number,
        coalesce(lent.place, 0),
        coalesce(lent.bit, 0),
        case when lent.place is null then typed.model_type else '' end
    from typed
    left join lent_signs as lent
        on lent.tag = typed.model_type
        and lent.place < 3
)
select
    number,
    bit_or(case when place = 0 then bit else 0 end) as types_0,
    bit_or(case when place = 1 then bit else 0 end) as types_1,
    bit_or(case when place = 2 then bit else 0 end) as types_2,
    bit_or(case when place = 3 then bit else 0 end) as marks,
    max(model_type) as model_type
from tagged
group by number

-- name: collect_subjects
-- Collects what the rules see of every model under its row number, tags as bits, with how many parents it declares and the only one, except those of the lent hidden children; an author's models lie in one bucket.
create or replace temp table subjects as
with pairs as (
    select distinct
        child,
        parent
    from hub.evidence
    where not inferred
        and kind <> 'gguf'
        and is_seen(child)
        and child not in (
            select child
            from lent_hidden
        )
),
declared as (
    select
        child,
        count(*) as parents,
        min(parent) as parent
    from pairs
    group by child
),
famous as (
    select
        parent,
        count(*) as children,
        count(distinct split_part(child, '/', 1)) filter (
            where split_part(child, '/', 1) <> split_part(parent, '/', 1)
        ) as authors
    from pairs
    group by parent
),
seen as (
    select
        models.rowid as number,
        models.id,
        coalesce(
            models.author,
            case when contains(models.id, '/') then split_part(models.id, '/', 1) else '' end
        ) as author,
        array_to_string(hub.words_in(split_part(models.id, '/', -1)), ' ') as words,
        coalesce(cast(epoch(models.created_at) as bigint), 0) as created,
        coalesce(signs.types_0, 0) as types_0,
        coalesce(signs.types_1, 0) as types_1,
        coalesce(signs.types_2, 0) as types_2,
        coalesce(signs.model_type, '') as model_type,
        coalesce(signs.marks, 0) as marks,
        coalesce(models.license, '') as license,
        coalesce(models.pipeline_tag, '') as task,
        coalesce(famous.children, 0) as children,
        coalesce(famous.authors, 0) as authors,
        coalesce(models.downloads, 0) as downloads,
        case
            when coalesce(shapes.quantization, models.quantization) is null and not coalesce(models.is_adapter, false)
                then coalesce(models.parameters, shapes.parameters, 0)
            else 0
        end as parameters,
        coalesce(shapes.hidden_size, 0) as width,
        coalesce(shapes.layers, 0) as layers,
        coalesce(declared.parents, 0) as parents,
        coalesce(declared.parent, '') as parent
    from hub.models
    left join hub.shapes
        on shapes.model = models.id
    left join signs
        on signs.number = models.rowid
    left join declared
        on declared.child = models.id
    left join famous
        on famous.parent = models.id
    where is_seen_at(models.rowid)
)
select
    *,
    regexp_matches(lower(split_part(id, '/', -1)), cast($pattern as varchar)) as is_copy,
    children > 0 or downloads >= cast($popular as bigint) as is_base,
    cast(hash(author) % cast($buckets as bigint) as integer) as bucket
from seen

-- name: count_buckets
-- Counts the buckets of authors.
select coalesce(max(bucket) + 1, 0)
from subjects

-- name: drop_asked
-- Drops the models about which rules may have something to say.
drop table if exists asked

-- name: drop_base_names
-- Drops the names by which known bases are meant.
drop table if exists base_names

-- name: drop_matches
-- Drops the models whose names match those of copies.
drop table if exists matches

-- name: drop_named_bases
-- Drops the bases that are named in the names of other models.
drop table if exists named_bases

-- name: drop_own_originals
-- Drops the models that have the name of a copy by their author.
drop table if exists own_originals

-- name: drop_signs
-- Drops the signs of models once the rules see them.
drop table if exists signs

-- name: drop_subjects
-- Drops what was collected of every model for the rules.
drop table if exists subjects

-- name: forget_bases
-- Forgets the known bases before they are learned anew.
truncate hub.bases

-- name: forget_habits
-- Forgets the habits before they are learned anew.
truncate hub.habits

-- name: insert_conclusions
-- Writes what the rules concluded from names and habits as evidence.
insert into hub.evidence by name
select
    lent.child,
    lent.parent,
    'name' as kind,
    lent.rule,
    lent.relation,
    lent.declared_as,
    'inferred' as resolution,
    lent.confidence,
    true as inferred,
    models.first_seen_at,
    models.last_seen_at
from lent_conclusions as lent
inner join touched_models() as models
    on models.id = lent.child
order by lent.child

-- name: insert_file_names
-- Writes which models the sentences of cards and the configurations name, whether they are stored or not.
insert into hub.file_names
select distinct
    child,
    named
from named_in_files

-- name: insert_hints
-- Writes the last part of local paths as evidence if exactly one older model has that id or name.
insert into hub.evidence by name
select
    lent.child,
    min(models.id) as parent,
    'name' as kind,
    'local path' as rule,
    min(lent.text) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    true as inferred,
    min(child.first_seen_at) as first_seen_at,
    max(child.last_seen_at) as last_seen_at
from lent_hints as lent
inner join hub.models as child
    on child.id = lent.child
inner join hub.models
    on lower(models.id) = lower(lent.hint)
    or lower(split_part(models.id, '/', -1)) = lower(lent.hint)
where models.id <> lent.child
    and models.created_at < child.created_at
group by
    lent.child,
    lent.hint
having count(distinct models.id) = 1

-- name: insert_names_or_paths
-- Writes what configurations say that their model was loaded from as evidence, if that is another stored model which is not younger and of the same width; not for copies, which keep the configuration of their original, nor against a sentence.
insert into hub.evidence by name
select
    named.child,
    named.parent,
    'name_or_path' as kind,
    'name or path' as rule,
    min(named.text) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    true as inferred,
    min(child.first_seen_at) as first_seen_at,
    max(child.last_seen_at) as last_seen_at
from named_in_files as named
inner join hub.models as child
    on child.id = named.child
inner join hub.models as parent
    on parent.id = named.parent
inner join hub.shapes as built
    on built.model = child.id
left join hub.shapes as wanted
    on wanted.model = parent.id
where named.kind = 'name_or_path'
    and parent.id <> child.id
    and parent.created_at <= child.created_at
    and coalesce(built.hidden_size = wanted.hidden_size, true)
    and child.id not in (
        select id
        from subjects
        where is_copy
    )
    and child.id not in (
        select evidence.child
        from hub.evidence
        where evidence.kind = 'readme'
    )
group by
    named.child,
    named.parent

-- name: insert_plain_tags
-- Writes tags that are the id of an older model as evidence, except for copies, which carry the tags of their original.
insert into hub.evidence by name
with tagged as (
    select
        id as child,
        created_at,
        first_seen_at,
        last_seen_at,
        list_contains(tags, 'merge') as is_merge,
        trim(unnest(tags)) as tag
    from touched_models()
    where place not in (
        select number
        from subjects
        where is_copy
    )
)
select
    tagged.child,
    models.id as parent,
    'plain tag' as kind,
    'plain tag' as rule,
    case when tagged.is_merge then 'merge' end as relation,
    min(tagged.tag) as declared_as,
    'inferred' as resolution,
    case when tagged.is_merge then $merge else $other end as confidence,
    true as inferred,
    min(tagged.first_seen_at) as first_seen_at,
    max(tagged.last_seen_at) as last_seen_at
from tagged
inner join hub.models
    on models.id = tagged.tag
where contains(tagged.tag, '/')
    and models.id <> tagged.child
    and models.created_at < tagged.created_at
group by
    tagged.child,
    models.id,
    tagged.is_merge

-- name: insert_sentences
-- Writes the models that the prose of cards names as evidence, if the name leads to a stored model.
insert into hub.evidence by name
select
    named.child,
    named.parent,
    'readme' as kind,
    'sentence' as rule,
    min(named.relation) as relation,
    min(named.text) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    true as inferred,
    min(models.first_seen_at) as first_seen_at,
    max(models.last_seen_at) as last_seen_at
from named_in_files as named
inner join hub.models
    on models.id = named.child
where named.kind = 'readme'
    and named.parent is not null
    and named.parent <> named.child
group by
    named.child,
    named.parent

-- name: insert_weights
-- Writes, for models that share a file of weights, that the later ones are copies of the first.
insert into hub.evidence by name
-- What training leaves behind (training_args.bin, rng_state.pth, scheduler.pt) is small and equal in models that share
-- nothing else, so a small file must be the model's or the adapter's own safetensors, and hold more than an empty header.
with weights as (
    select distinct
        file_hashes.lfs_oid,
        file_hashes.path,
        file_hashes.size_bytes,
        models.id,
        models.created_at,
        models.first_seen_at,
        models.last_seen_at
    from hub.file_hashes
    inner join hub.models
        on models.id = file_hashes.model
    where file_hashes.lfs_oid is not null
        and (
            (
                file_hashes.size_bytes >= 1000000
                and regexp_matches(lower(file_hashes.path), '\.(safetensors|bin|gguf|pt|pth|ckpt|h5|msgpack|onnx)$')
            )
            or (
                file_hashes.size_bytes >= 1000
                and regexp_full_match(file_hashes.path, '(adapter_)?model(-\d{1,6}-of-\d{1,6})?\.safetensors')
            )
        )
),
first_of as (
    select
        lfs_oid,
        arg_min(id, (created_at, id)) as id,
        min(created_at) as created_at
    from weights
    group by lfs_oid
)
select
    weights.id as child,
    first_of.id as parent,
    'weights' as kind,
    'identical weights' as rule,
    arg_max(weights.path || ' ' || weights.lfs_oid, (weights.size_bytes, weights.path)) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    true as inferred,
    min(weights.first_seen_at) as first_seen_at,
    max(weights.last_seen_at) as last_seen_at
from weights
inner join first_of using (lfs_oid)
where first_of.created_at < weights.created_at
    and is_touched(weights.id)
group by
    weights.id,
    first_of.id

-- name: keep_bases
-- Keeps the known bases as the rules see them now, with the names by which they are meant.
insert into hub.bases
select
    subjects.* exclude (number, parents, parent, is_copy, is_base, bucket),
    case when subjects.parents = 1 then subjects.parent end as parent,
    named.names
from subjects
left join (
    select
        id,
        list(words) as names
    from base_names
    group by id
) as named using (id)
where subjects.is_base

-- name: keep_habits
-- Keeps the lent habits.
insert into hub.habits
from lent_habits

-- name: list_bucket
-- Lists the models of one bucket of authors that rules look at, by author, with the only parent they declare and whether rules may say something about them.
select
    subjects.* exclude (parents, parent, is_copy, is_base, bucket),
    case when subjects.parents = 1 then subjects.parent end as parent,
    asked.is_asked
from subjects
inner join asked
    on asked.bucket = $bucket
    and asked.number = subjects.number
where subjects.bucket = $bucket
qualify bool_or(asked.is_asked) over (partition by subjects.author)
order by
    subjects.author,
    subjects.id

-- name: list_children
-- Lists the models that declare exactly one parent, as the rules see them, by author, and that parent.
select * exclude (parents, is_copy, is_base, bucket)
from subjects
where parents = 1
order by
    author,
    id

-- name: list_copies
-- Lists the models that are derived again whose names mark them as copies.
select id
from changed_models()
where regexp_matches(lower(split_part(id, '/', -1)), cast($pattern as varchar))

-- name: list_habits
-- Lists the habits with one of the lent keys as they were learned last.
from hub.habits
where key in (
    select key
    from lent_keys
)
order by rowid

-- name: list_known
-- Lists the famous models, and the lent ones, among those that others declare, as they were when rules learned.
select
    null as number,
    * exclude (parent, names)
from hub.bases
where children > 0
    and (
        authors >= $famous
        or id in (
            select id
            from lent_candidates
        )
    )

-- name: list_lines
-- Lists the known bases that are declared parents and declare exactly one themselves, with that parent.
select
    id,
    parent
from hub.bases
where children > 0
    and parent is not null

-- name: list_local_paths
-- Lists the declarations that are local paths, and what configurations were loaded from, of models whose declarations lead to no other model.
select
    child,
    declared_as
from hub.declarations
where reason = 'local path'
    and is_touched(child)
    and child not in (
        select child
        from hub.evidence
        where not inferred
    )
union
select
    model,
    name_or_path
from hub.shapes
where name_or_path is not null
    and is_touched(model)
    and model not in (
        select child
        from hub.evidence
        where not inferred
    )
order by all

-- name: list_matched
-- Lists the models whose names match those of copies by one bucket of authors, as the rules see them.
select * exclude (parents, parent, is_copy, is_base, bucket)
from subjects
where number in (
    select id
    from matches
    where bucket = $bucket
)

-- name: list_matches
-- Lists the copies by one bucket of authors with the models whose names match theirs.
select
    child,
    id
from matches
where bucket = $bucket

-- name: list_named_bases
-- Lists the bases that are named in the names of one bucket of authors' models.
select
    child,
    base
from named_bases
where bucket = $bucket

-- name: list_names
-- Lists the names with more characters than these of the models that others declare as their parent.
select distinct words
from hub.bases
where children > 0
    and length(words) > $characters

-- name: list_names_or_paths
-- Lists what configurations say that their model was loaded from.
select
    model,
    name_or_path
from hub.shapes
where name_or_path is not null
    and is_touched(model)
order by model

-- name: list_parents
-- Lists the models that others declare as their parent, as the rules see them.
select * exclude (parents, parent, is_copy, is_base, bucket)
from subjects
where children > 0
order by id

-- name: list_popular
-- Lists the models that nobody declares as a parent but many download, as the rules see them.
select * exclude (parents, parent, is_copy, is_base, bucket)
from subjects
where children = 0
    and is_base
order by id

-- name: list_uploads
-- Lists the models that have the name of another author's older, widely used model, with or without its maker's name, and show no sign of training; not those with another number of weights.
with famous as (
    select
        id,
        author,
        created,
        children,
        words,
        parameters,
        regexp_extract(lower(author), '[a-z]+') as maker
    from subjects
    where children >= $children
),
forms as (
    select
        id,
        author,
        created,
        children,
        parameters,
        words as form,
        'same name' as way
    from famous
    union all
    select
        id,
        author,
        created,
        children,
        parameters,
        words[length(maker) + 2:] as form,
        'maker left out' as way
    from famous
    where starts_with(words, maker || ' ')
)
select
    subjects.id as child,
    forms.id as parent,
    case
        when subjects.parameters >= $costly and subjects.parameters = forms.parameters then 'same number of weights'
        else forms.way
    end as way,
    subjects.words,
    subjects.parents > 0 as is_declared
from subjects
inner join forms
    on forms.form = subjects.words
    and forms.author <> subjects.author
    and forms.created <= subjects.created
where is_touched(subjects.id)
    and subjects.marks in (0, cast($upload_mark as bigint))
    and length(subjects.words) > $characters
    and not subjects.is_copy
    and (subjects.parameters = forms.parameters or 0 in (subjects.parameters, forms.parameters))
qualify row_number() over (
    partition by subjects.id
    order by
        forms.children desc,
        forms.id
) = 1
order by subjects.id

-- name: list_weights
-- Lists the numbers of weights of which authors declare anything, as learned last.
select distinct cast(json_extract(key, '$[2]') as bigint) as parameters
from hub.habits
where starts_with(key, '["shape"')
order by parameters

-- name: recall_base_names
-- Collects, of the known bases that the rules see, the names by which they are meant, as learned last.
create or replace temp table base_names as
select
    unnest(names) as words,
    id,
    children > 0 as is_declared
from hub.bases
where is_seen(id)

-- name: use_bases
-- Replaces what the rules see of known bases by what was learned of them; no other model counts as declared.
update subjects
set
    created = coalesce(known.created, subjects.created),
    types_0 = coalesce(known.types_0, subjects.types_0),
    types_1 = coalesce(known.types_1, subjects.types_1),
    types_2 = coalesce(known.types_2, subjects.types_2),
    model_type = coalesce(known.model_type, subjects.model_type),
    marks = coalesce(known.marks, subjects.marks),
    license = coalesce(known.license, subjects.license),
    task = coalesce(known.task, subjects.task),
    children = coalesce(known.children, 0),
    authors = coalesce(known.authors, 0),
    downloads = coalesce(known.downloads, subjects.downloads),
    parameters = coalesce(known.parameters, subjects.parameters),
    width = coalesce(known.width, subjects.width),
    layers = coalesce(known.layers, subjects.layers),
    is_base = known.id is not null
from (
    select
        subjects.number,
        bases.* exclude (author, words, parent, names)
    from subjects
    left join hub.bases using (id)
) as known
where known.number = subjects.number
