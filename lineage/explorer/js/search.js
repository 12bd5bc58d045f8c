// Search: the id must contain every word, in any order; Enter goes to the next match.

import { family } from "./family.js";
import { byId, whole } from "./format.js";
import { goTo, marked, paint } from "./treeview.js";
import { settings, writeAddress } from "./settings.js";

const MANY = 20_000;
const PAUSE = 120;

let lower = null;
let hits = [];
let current = -1;
let pause = 0;

function report(text) {
  byId("hits").textContent = text;
}

/** Marks the models whose ids contain all words of a text. */
export function search(text) {
  settings.query = text.trim();
  const words = settings.query.toLowerCase().split(/\s+/).filter(Boolean);
  lower = lower || Array.from({ length: family.count }, (_, i) => family.idOf(i).toLowerCase());
  hits = [];
  current = -1;
  if (words.length) lower.forEach((id, i) => words.every((word) => id.includes(word)) && hits.push(i));
  marked.hits = new Set(hits);
  report(words.length ? `${whole(hits.length)} found` : "");
  writeAddress();
  paint();
}

function step(by) {
  if (!hits.length) return;
  current = current < 0 ? (by > 0 ? 0 : hits.length - 1) : (current + by + hits.length) % hits.length;
  const isShown = goTo(hits[current]);
  report(`${whole(current + 1)} of ${whole(hits.length)}${isShown ? "" : ", left out by the filters"}`);
}

/** Listens to the search field; `showTree` brings the tree to the front. */
export function listenToSearch(showTree) {
  const field = byId("search");
  field.value = settings.query;
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => search(field.value), family.count > MANY ? PAUSE : 0);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      clearTimeout(pause);
      if (settings.query !== field.value.trim()) search(field.value);
      showTree();
      step(event.shiftKey ? -1 : 1);
    }
    if (event.key === "Escape") {
      field.value = "";
      search("");
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
    event.preventDefault();
    field.focus();
  });
}
