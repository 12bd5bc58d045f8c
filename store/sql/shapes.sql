-- name: clear_shapes
-- Removes how models are built where that is written again.
delete from hub.shapes
where is_changed(model)

-- name: insert_shapes
-- Writes how models are built according to their files; what config.json says goes before the Hub's facts about GGUF files.
insert into hub.shapes by name
select
    model,
    arg_min(architecture, evidence) as architecture,
    arg_min(model_type, evidence) as model_type,
    arg_min(hidden_size, evidence) as hidden_size,
    arg_min(layers, evidence) as layers,
    arg_min(heads, evidence) as heads,
    arg_min(vocabulary, evidence) as vocabulary,
    arg_min(rope_theta, evidence) as rope_theta,
    arg_min(quantization, evidence) as quantization,
    arg_min(parameters, evidence) as parameters,
    arg_min(name_or_path, evidence) as name_or_path,
    list(evidence order by evidence) as evidence
from lent_shapes
group by model

-- name: list_files
-- Lists the fetched files that say how a model is built.
select
    model,
    path,
    content
from hub.files
where path in ('config.json', $gguf_facts)
    and content is not null
    and is_changed(model)
order by
    model,
    path
