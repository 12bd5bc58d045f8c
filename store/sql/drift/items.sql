-- Returns the common items of two scores, by name: both values, the cluster, and the lengths of both replies.
select
    derivative.value as derivative,
    reference.value as reference,
    coalesce(derivative.cluster, reference.cluster) as cluster
from hub.items as derivative
inner join hub.items as reference using (item)
where derivative.score = $derivative
    and reference.score = $reference
order by item
