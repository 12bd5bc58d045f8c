-- Removes the models that this page brings anew.
delete from hub.models
using page_records
where models.hub_id = page_records.hub_id
