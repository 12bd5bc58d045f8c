// The pages work without this script. It shows the queue's progress, sends filters when they change, and lets / search.

const LOOK_EVERY_MS = 3_000;
const byId = (id) => document.getElementById(id);

/** Show the queue's progress while a process runs it. */
async function lookAtQueue() {
  const response = await fetch("/api/v1/progress").catch(() => null);
  const told = response?.ok ? await response.json() : null;
  byId("queue").hidden = !told;
  if (told) showQueue(told);
}

function showQueue(told) {
  const jobs = told.jobs;
  const all = Object.values(jobs).reduce((sum, number) => sum + number, 0);
  const ended = (jobs.done ?? 0) + (jobs.failed ?? 0) + (jobs.skipped ?? 0);
  const pace = told.items_per_second === null ? "" : `, ${told.items_per_second.toFixed(1)} items/s`;
  const left = told.seconds_left === null ? "" : `, about ${Math.ceil(told.seconds_left / 60)} min left`;
  byId("queue-bar").max = Math.max(all, 1);
  byId("queue-bar").value = ended;
  byId("queue-line").textContent = `The queue is run by process ${told.process}: ${ended} of ${all} jobs ended${pace}${left}`;
  byId("queue-jobs").replaceChildren(
    ...told.running.map((job) => {
      const made = document.createElement("li");
      const items = job.items_total === null ? `${job.items_done} items` : `${job.items_done} of ${job.items_total} items`;
      made.textContent = `${job.model}, ${job.instrument ?? "no instrument"}: ${items}`;
      return made;
    }),
  );
}

if (byId("queue")) {
  setInterval(lookAtQueue, LOOK_EVERY_MS);
  lookAtQueue();
}
byId("filters")?.addEventListener("change", (event) => {
  if (event.target instanceof HTMLSelectElement) event.currentTarget.requestSubmit();
});
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof Element && event.target.closest("input, select, textarea");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  event.preventDefault();
  document.querySelector("input[type=search]").focus();
});
