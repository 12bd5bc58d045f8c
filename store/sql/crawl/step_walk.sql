-- Moves a walk one page on; without a next request it is at its end.
update hub.walks
set
    state = case when $request is null then 'done' else 'open' end,
    request = coalesce($request, request),
    pages = pages + 1,
    records = records + $records,
    top_id = greatest(top_id, $newest),
    last_id = coalesce($oldest, last_id)
where crawl = $crawl
    and walk = $walk
