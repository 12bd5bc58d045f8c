"""Statements that write a generated family into lineage's tables, in order."""

from __future__ import annotations

from typing import Final

INSERT_MODELS: Final = """
insert into hub.models by name
select
    format('{:024x}', number) as hub_id,
    id,
    split_part(id, '/', 1) as author,
    to_timestamp(created) as created_at,
    to_timestamp(created) as last_modified_at,
    md5(id) as sha,
    downloads,
    downloads // 20 as likes,
    'transformers' as library,
    ['apache-2.0', 'mit', 'other'][1 + number % 3] as license,
    ['transformers'] as tags,
    20 as detail,
    'present' as status,
    timestamptz '2026-11-20' as first_seen_at,
    timestamptz '2026-11-20' as last_seen_at,
    1 as crawl,
    '{}' as body
from lent_models
order by number
"""
INSERT_DOMAINS: Final = """
insert into hub.domains by name
select
    id as model,
    domain,
    'own' as basis,
    0.8 as confidence,
    ['name:' || domain] as signals
from lent_models
where domain <> ''
"""
INSERT_EDGES: Final = """
insert into hub.edges by name
select
    child,
    parent,
    relation,
    case when inferred then 'name' else 'card' end as evidence,
    case when inferred then 0.91 else 0.97 end as confidence,
    case when inferred then 'name before suffix' else parent end as declared_as,
    case when inferred then 'inferred' else 'exact' end as resolution,
    case when inferred then 'name sign' else 'card' end as relation_reason,
    inferred,
    case when inferred then 'known name' end as rule,
    now() as first_seen_at,
    now() as last_seen_at
from lent_edges
"""
INSERT_EVIDENCE: Final = """
insert into hub.evidence by name
select
    child,
    parent,
    kind,
    relation,
    case kind when 'card' then parent when 'tag' then 'base_model:' || parent else 'name before suffix' end
        as declared_as,
    case when inferred then 'inferred' else 'exact' end as resolution,
    case when inferred then 0.91 else 0.97 end as confidence,
    inferred,
    case when inferred then 'known name' end as rule,
    now() as first_seen_at,
    now() as last_seen_at
from (
    select
        *,
        unnest(case when inferred then ['name'] else ['card', 'tag'] end) as kind
    from lent_edges
)
"""
INSERT_INSTRUMENTS: Final = """
insert into hub.instruments by name
select
    range as number,
    names[range + 1] || format('@{:08x}', range) as instrument,
    names[range + 1] as name,
    titles[range + 1] as title,
    constructs[range + 1] as construct,
    case when range >= 6 then 'capability' when range = 4 then 'higher_is_safer' else 'lower_is_safer' end as direction,
    'rate' as scale,
    0 as low,
    1 as high,
    case when range in (0, 1) then 'meadow-judge' end as judge,
    false as gated,
    range as slot
from
    range(8),
    (
        select
            ['harmful_replies', 'needless_refusal', 'toxic_text', 'biased_answers', 'true_answers', 'hazard_quiz',
             'knowledge_quiz', 'grade_maths'] as names,
            ['Harmful replies', 'Needless refusal', 'Toxic text', 'Biased answers', 'True answers', 'Hazard quiz',
             'Knowledge quiz', 'Grade school maths'] as titles,
            ['unsafe_output', 'over_refusal', 'toxicity', 'bias', 'truthfulness', 'hazardous_knowledge',
             'capability', 'capability'] as constructs
    )
"""
INSERT_NAMES: Final = """
insert into hub.scored_names by name
select
    number,
    id as named,
    id as repository,
    '' as variant,
    id
from lent_models
where number in (select node from lent_scores)
"""
INSERT_SCORES: Final = """
insert into hub.scores by name
select
    place as number,
    format('{:016x}', place) as run,
    node as named,
    slot as instrument,
    case state when 0 then md5(models.id) when 1 then md5(models.id || 'before') end as revision,
    case when slot >= 6 or slot = 4 then 1 - value else value end as value,
    items,
    false as has_items,
    case state when 2 then 'card' else 'lm-eval' end as source,
    'generated' as origin,
    state = 2 as is_reported,
    timestamptz '2026-11-01' as measured_at,
    timestamptz '2026-11-20' as imported_at,
    timestamptz '2026-11-20' as last_read_at
from lent_scores
inner join lent_models as models
    on models.number = lent_scores.node
"""
INSERT_JOBS: Final = """
insert into hub.jobs by name
select
    row_number() over () as number,
    models.id || lent_jobs.state as key,
    models.id as model,
    'Borealis' as family,
    case when lent_jobs.state = 'skipped' then null else 'harmful_replies' end as instrument,
    'transformers' as engine,
    '{}' as options,
    lent_jobs.state,
    1 as priority,
    case when lent_jobs.state = 'skipped' then 'it needs 18 GB of memory, there are 16'
        else 'its score would say most of its family' end as reason,
    'voi' as policy,
    1 as attempts,
    0 as fruitless,
    0 as items_done,
    false as is_stopped_early,
    case when lent_jobs.state = 'failed' then 'the weights could not be read' end as error,
    now() as created_at,
    now() as changed_at
from lent_jobs
inner join lent_models as models
    on models.number = lent_jobs.node
"""
STATEMENTS: Final = (
    INSERT_MODELS,
    INSERT_DOMAINS,
    INSERT_EDGES,
    INSERT_EVIDENCE,
    INSERT_INSTRUMENTS,
    INSERT_NAMES,
    INSERT_SCORES,
    INSERT_JOBS,
)
