// The controls above the views. Each changes one setting and says what has to be redrawn.

import { DOMAINS, family } from "./family.js";
import { COLUMNS } from "./cells.js";
import { DIRECTION_WORDS, plusWords } from "./celltext.js";
import { button, byId, element } from "./format.js";
import { GLYPHS, RELATION_WORDS, topicMark } from "./marks.js";
import { colouringTitle } from "./colouring.js";
import { COLOURINGS, dividingDomains, presentRelations } from "./presence.js";
import { settings, shownColumns } from "./settings.js";

/** Where an instrument's name may wrap. */
const BREAKS = /(?<=[_-])|(?=bench|prompts|qa)/g;
const EDGE = 12;

/** The callbacks of the controls, set by main. */
export const changed = { reference() {}, colour() {}, order() {}, rows() {}, looks() {}, columns() {}, theme() {} };

function select(id, name, action) {
  const field = byId(id);
  field.value = settings[name];
  field.addEventListener("change", () => {
    settings[name] = field.value;
    action();
  });
}

function chip(text, flags, at, title) {
  const made = button("chip", text, () => {
    flags[at] = !flags[at];
    made.setAttribute("aria-pressed", flags[at]);
    changed.rows();
  });
  made.setAttribute("aria-pressed", flags[at]);
  if (title) made.title = title;
  return made;
}

function topicChip(domain, bit) {
  const made = chip("", settings.domains, bit, `only models of this domain (${domain.name})`);
  made.append(topicMark(domain));
  return made;
}

function makeChips() {
  byId("relations").append(...presentRelations.map((at) => chip(`${GLYPHS[at]} ${RELATION_WORDS[at]}`, settings.relations, at)));
  byId("domains").append(...dividingDomains.map((bit) => topicChip(DOMAINS[bit], bit)));
}

function toggleButton(id, name, action) {
  const made = byId(id);
  made.setAttribute("aria-pressed", settings[name]);
  made.addEventListener("click", () => {
    settings[name] = !settings[name];
    made.setAttribute("aria-pressed", settings[name]);
    action();
  });
}

function makeColumnChooser() {
  const list = byId("column-list");
  COLUMNS.forEach((column, at) => {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = settings.columns[at];
    box.addEventListener("change", () => {
      settings.columns[at] = box.checked;
      changed.columns();
    });
    label.append(box, column.variant ? `${column.label}, ${column.variant}` : column.label);
    label.title = column.name;
    list.append(label);
  });
  const chooser = byId("columns");
  chooser.addEventListener("toggle", () => keepInSight(chooser, list));
}

/** Moves an open list to the left if it would extend beyond the window. */
function keepInSight(chooser, list) {
  const left = chooser.getBoundingClientRect().left;
  list.style.left = `${Math.max(EDGE - left, Math.min(0, innerWidth - EDGE - left - list.offsetWidth))}px`;
}

/** Writes the column heads; a click on one sorts siblings by drift on it. */
export function writeHeads() {
  for (const old of document.querySelectorAll(".column-head")) old.remove();
  const heads = shownColumns().map((column) => {
    const { title, label, name, variant, direction, safety } = COLUMNS[column];
    const head = button(`column-head${safety ? "" : " able"}`, "", () => {
      settings.orderColumn = settings.orderColumn === column ? -1 : column;
      changed.order();
      writeHeads();
    });
    const way = settings.cells === "drift" ? plusWords(column) : DIRECTION_WORDS[direction];
    head.append(element("b", "", title.replace(BREAKS, "\u200b")), element("span", "", way));
    head.title = `${label}, ${name}${variant ? `, ${variant}` : ""}. In points, ${way}. Click: order siblings by it, worst first.`;
    head.setAttribute("aria-pressed", settings.orderColumn === column);
    return head;
  });
  byId("head").append(...heads);
  document.documentElement.style.setProperty("--columns", Math.max(1, shownColumns().length)); // no track repeats 0 times
}

function listenToRanges() {
  const generations = byId("generations");
  generations.max = family.deepest;
  generations.value = settings.generations;
  const shown = byId("generations-shown");
  shown.textContent = settings.generations;
  generations.addEventListener("input", () => {
    settings.generations = Number(generations.value);
    shown.textContent = generations.value;
    changed.rows(true);
  });
  const height = byId("row-height");
  height.value = settings.rowHeight;
  height.addEventListener("input", () => {
    settings.rowHeight = Number(height.value);
    changed.looks();
  });
}

/** Offers what marks can be coloured by. */
function makeColourings() {
  byId("colour").append(...COLOURINGS.map((name) => new Option(colouringTitle(name), name)));
  select("colour", "colour", () => changed.colour());
}

/** Sets the controls to the settings and listens to them. */
export function makeBar() {
  select("against", "against", () => changed.reference());
  select("axis-kind", "axis", () => changed.looks());
  select("order", "order", () => changed.order());
  select("cell-kind", "cells", () => {
    writeHeads();
    changed.looks();
  });
  makeColourings();
  makeChips();
  toggleButton("only-scored", "onlyScored", () => changed.rows());
  toggleButton("show-predicted", "predicted", () => changed.looks());
  makeColumnChooser();
  writeHeads();
  listenToRanges();
  byId("more").addEventListener("click", () => {
    const isOpen = byId("bar").classList.toggle("open");
    byId("more").setAttribute("aria-expanded", isOpen);
  });
  byId("theme").addEventListener("click", () => {
    settings.theme = settings.theme === "dark" ? "light" : "dark";
    changed.theme();
  });
}
