// The overview of families: requests rows from the API and shows them. Texts from the Hub are only ever set as text.

const PAGE = 50;
const LOOK_EVERY_MS = 3_000;
const byId = (id) => document.getElementById(id);
const filters = byId("filters");
const domains = new Map();
let following = null;
let asked = 0;

/** Return the server's answer; throws an Error with its message and hint if the server refuses. */
async function ask(address) {
  const response = await fetch(address, { headers: { accept: "application/json" } });
  const body = await response.json();
  if (!response.ok) throw new Error([body.error, body.hint].filter(Boolean).join(" — "));
  return body;
}

function firstAddress() {
  const chosen = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, value] of new FormData(filters)) if (value) chosen.set(name, value);
  return `/api/v1/families?${chosen}`;
}

/** Fill the list of domains with those of the database's lexicon. */
async function learnDomains() {
  const body = await ask("/api/v1/domains");
  for (const one of body.rows) {
    domains.set(one.name, one);
    byId("domain").append(new Option(one.title, one.name));
  }
}

/** Show the first rows for the filters; an answer is dropped if a later request was sent meanwhile. */
async function start() {
  const turn = ++asked;
  try {
    const body = await ask(firstAddress());
    if (turn !== asked) return;
    byId("rows").replaceChildren();
    add(body);
  } catch (error) {
    if (turn === asked) complain(error);
  }
}

async function more() {
  const turn = asked;
  try {
    const body = await ask(following);
    if (turn === asked) add(body);
  } catch (error) {
    complain(error);
  }
}

function add(body) {
  byId("rows").append(...body.rows.map(row));
  following = body.next;
  byId("more").hidden = !following;
  const isEmpty = byId("rows").childElementCount === 0;
  byId("empty").hidden = !isEmpty;
  byId("empty").textContent = "No family passes these filters.";
  const when = new Date(body.as_of).toLocaleString();
  const writer = body.writer === null ? "a process" : `process ${body.writer}`;
  byId("freshness").textContent = body.is_behind ? `as of ${when}; ${writer} is writing since` : `as of ${when}`;
}

function complain(error) {
  byId("freshness").textContent = error.message;
}

function cell(text, kind) {
  const made = document.createElement("td");
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function row(family) {
  const made = document.createElement("tr");
  const link = document.createElement("a");
  link.href = `/family?root=${encodeURIComponent(family.root)}`;
  link.textContent = family.root;
  const root = document.createElement("td");
  root.append(link);
  if (family.status !== "present") root.append(` (${family.status})`);
  if (family.root_is) {
    const origin = document.createElement("div");
    origin.className = "none";
    origin.textContent = family.root_is;
    root.append(origin);
  }
  made.append(
    root,
    topics(family.domains.map((domain) => [domain, ""])),
    topics(family.used_in.map(({ domain, models }) => [domain, ` ${models.toLocaleString()}`])),
    cell(family.models.toLocaleString(), "number"),
    cell(family.exposure.toLocaleString(), "number"),
    share(family),
    count(family.worse, "worse"),
    count(family.better, "better"),
    count(family.contradictory, "both"),
    count(family.withheld, "withheld"),
  );
  return made;
}

/** Domains with what is said of each, by title and colour of the lexicon. */
function topics(pairs) {
  const made = document.createElement("td");
  for (const [name, said] of pairs) {
    const part = document.createElement("span");
    part.className = "topic";
    part.textContent = `${domains.get(name)?.title ?? name}${said}`;
    part.style.setProperty("--topic", domains.get(name)?.colour ?? "");
    made.append(part);
  }
  return made;
}

function count(number, kind) {
  return cell(number === 0 ? "–" : number.toLocaleString(), `number ${number === 0 ? "none" : kind}`);
}

/** How much of a family has any score: none must not look like a little. */
function share(family) {
  const made = document.createElement("td");
  if (family.scored === 0) {
    made.className = "none";
    made.textContent = "none";
    return made;
  }
  const line = document.createElement("span");
  line.className = "share";
  const bar = document.createElement("meter");
  bar.max = family.models;
  bar.value = family.scored;
  bar.setAttribute("aria-label", `${family.scored} of ${family.models} models`);
  const reported = family.scored - family.measured;
  const parts = [`${family.measured.toLocaleString()} measured`, `${reported.toLocaleString()} reported or stale`];
  line.append(bar, parts.filter((part) => !part.startsWith("0 ")).join(", "));
  made.append(line);
  return made;
}

/** Show the queue's progress while a process runs it. */
async function lookAtQueue() {
  const told = await ask("/api/v1/progress").catch(() => null);
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

filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("input", start);
byId("more").addEventListener("click", more);
setInterval(lookAtQueue, LOOK_EVERY_MS);
lookAtQueue();
learnDomains().then(start, complain);
