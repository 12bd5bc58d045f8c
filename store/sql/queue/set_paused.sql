-- Pauses the queue, or lets it go on.
update hub.queue
set is_paused = $is_paused
