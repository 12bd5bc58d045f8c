-- Removes what was said earlier of the models that are about to be filed as gone.
delete from hub.gone
where id in (
    select id
    from lent_gone
)
