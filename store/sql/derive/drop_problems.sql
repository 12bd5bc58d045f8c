-- Removes what was said of declarations and of the graph before it is said anew.
delete from hub.problems
where starts_with(field, 'lineage.')
