-- Removes the models whose name now belongs to another, later repository.
delete from hub.models
where hub_id in (
    select hub_id
    from hub.models
    qualify row_number() over (partition by id order by hub_id desc) > 1
)
