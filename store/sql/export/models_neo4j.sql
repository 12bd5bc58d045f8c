-- Writes the models as nodes for neo4j-admin database import.
copy (
    select
        export_line(id) as "id:ID",
        status,
        export_line(author) as author,
        export_moment(created_at) as "created_at:datetime",
        export_line(revision) as revision,
        export_line(library) as library,
        export_line(license) as license,
        export_line(pipeline_tag) as pipeline_tag,
        export_line(gated) as gated,
        downloads as "downloads:long",
        likes as "likes:long",
        parameters as "parameters:long",
        array_to_string(domains, ';') as "domains:string[]",
        export_line(root) as root,
        depth as "depth:int",
        derivatives as "derivatives:int",
        instruments as "instruments:int",
        drift,
        worse as "worse:int",
        better as "better:int",
        equivalent as "equivalent:int",
        undecided as "undecided:int",
        withheld as "withheld:int",
        'Model' as ":LABEL"
    from export_models
) to $path (format csv, header true, use_tmp_file false)
