-- Returns the common items of two scores, by name: both values, and the cluster, which is the item itself where it stands alone.
select
    item,
    derivative.value as derivative,
    reference.value as reference,
    coalesce(derivative.cluster, reference.cluster, item) as clusters
from hub.items as derivative
inner join hub.items as reference using (item)
where derivative.score = $derivative
    and reference.score = $reference
order by item
