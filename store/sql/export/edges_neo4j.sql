-- Writes the edges as relationships for neo4j-admin database import, from parent to child, their relation as the type.
copy (
    select
        export_line(parent) as ":START_ID",
        export_line(child) as ":END_ID",
        upper(relation) as ":TYPE",
        evidence,
        confidence as "confidence:double",
        inferred as "inferred:boolean",
        rule,
        export_line(declared_as) as declared_as
    from export_edges
) to $path (format csv, header true, use_tmp_file false)
