-- Returns the next free numbers: of an instrument, a slot, a name and a score.
select
    (
        select coalesce(max(number) + 1, 0)
        from hub.instruments
    ) as instrument,
    (
        select coalesce(max(slot) + 1, 0)
        from hub.instruments
    ) as slot,
    (
        select coalesce(max(number) + 1, 0)
        from hub.scored_names
    ) as named,
    (
        select coalesce(max(number) + 1, 0)
        from hub.scores
    ) as score
