-- Notes on the staged records what is known of them from earlier.
update page_records
set
    earlier_detail = models.detail,
    earlier_seen_at = models.first_seen_at
from hub.models
where models.hub_id = page_records.hub_id
