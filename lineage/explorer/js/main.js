// The page: connects data, settings, controls and views. Everything else is loaded from here.

import { compareWith, COLUMNS } from "./cells.js";
import { judge } from "./standing.js";
import { writeBirths, writePaperLine, writeSummary, writeTitle } from "./heading.js";
import { removeEmpty, VIEWS } from "./presence.js";
import { readAddress, settings, writeAddress } from "./settings.js";
import { byId } from "./format.js";
import { applyTheme } from "./colours.js";
import { openGenerations, sortSiblings } from "./order.js";
import { chooseModel, dropRows, goTo, onChosen, relayout } from "./treeview.js";
import { changed, makeBar, writeHeads } from "./bar.js";
import { listenToKeys } from "./keys.js";
import { listenToPointer } from "./pointer.js";
import { listenToSearch, search } from "./search.js";
import { saveCsv } from "./csv.js";
import { showDetails } from "./details.js";
import { showOverview } from "./overview.js";
import { onBirths, showTimeline } from "./timeline.js";
import { showDistributions } from "./distributions.js";
import { showTradeoff } from "./tradeoff.js";
import { showPairs } from "./pairs.js";
import { showCoverage } from "./coverage.js";

const PAGES = { timeline: showTimeline, distributions: showDistributions, tradeoff: showTradeoff, pairs: showPairs, coverage: showCoverage };

function go(i) {
  showTab("tree");
  goTo(i, true);
}

function close() {
  chooseModel(-1);
  byId("scroller").focus({ preventScroll: true });
  if (isBelow()) byId("tree-view").scrollIntoView();
}

/** Brings the chosen tab into sight where the tabs are wider than the screen; later, so that no layout is forced now. */
function showChosenTab() {
  requestAnimationFrame(() => {
    const tabs = byId("tabs");
    const chosen = tabs.querySelector("[aria-selected=true]");
    if (tabs.scrollWidth > tabs.clientWidth) tabs.scrollLeft = chosen.offsetLeft - tabs.offsetLeft - tabs.clientWidth / 2;
  });
}

/** Whether the screen is so narrow that the panel is below the view. */
const isBelow = () => getComputedStyle(document.querySelector("main")).display === "block";

function showPanel() {
  const panel = byId("panel");
  if (panel.firstChild) panel.scrollTop = 0;
  panel.textContent = "";
  if (settings.model >= 0) showDetails(panel, settings.model, go, close);
  else showOverview(panel, go);
  writeAddress();
}

function showPage() {
  const page = byId("pages");
  page.textContent = "";
  if (settings.tab !== "tree") PAGES[settings.tab](page, go);
}

function showTab(tab) {
  settings.tab = tab;
  const isTree = tab === "tree";
  for (const one of document.querySelectorAll("#tabs button")) {
    const isMine = one.dataset.tab === tab;
    one.setAttribute("aria-selected", isMine);
    one.tabIndex = isMine ? 0 : -1;
  }
  for (const one of document.querySelectorAll("[data-of-tree]")) one.hidden = !isTree && one.dataset.of !== tab;
  byId("tree-view").hidden = !isTree;
  byId("pages").hidden = isTree;
  showPage();
  showChosenTab();
  if (isTree) relayout(true);
  writeAddress();
}

function makeTabs() {
  const tabs = [...document.querySelectorAll("#tabs button")];
  for (const one of tabs) one.addEventListener("click", () => showTab(one.dataset.tab));
  byId("tabs").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = tabs[(VIEWS.indexOf(settings.tab) + by + tabs.length) % tabs.length];
    showTab(next.dataset.tab);
    next.focus();
  });
}

function compare() {
  compareWith(settings.against);
  judge();
  sortSiblings();
}

function redrawAll() {
  writeSummary();
  showPage();
  if (settings.tab === "tree") relayout(true);
  showPanel();
}

/** Connects the months of the timeline with the line above the views. */
function connectBirths() {
  onBirths.chosen = () => {
    writeBirths();
    writeAddress();
  };
  onBirths.go = () => showTab("tree");
  byId("born-all").addEventListener("click", () => {
    settings.born = null;
    writeBirths();
    changed.rows();
  });
}

function connect() {
  onChosen(() => {
    showPanel();
    if (settings.model >= 0 && isBelow()) byId("panel").scrollIntoView();
  });
  changed.reference = () => {
    compare();
    redrawAll();
  };
  changed.colour = redrawAll;
  changed.order = () => {
    sortSiblings();
    relayout();
    writeAddress();
  };
  changed.rows = (isDepth) => {
    if (isDepth) openGenerations(settings.generations);
    relayout();
    showPage();
    writeAddress();
  };
  changed.looks = () => {
    relayout(true);
    showPage();
    writeAddress();
  };
  changed.columns = () => {
    dropRows();
    writeHeads();
    changed.looks();
  };
  changed.theme = () => {
    applyTheme();
    redrawAll();
  };
  byId("csv").addEventListener("click", saveCsv);
  addEventListener("resize", () => settings.tab === "tree" && relayout(true));
  addEventListener("hashchange", () => location.reload()); // the user edited the address: open that view
}

/** Prints on white: canvas and style sheet use the light theme while printing. */
function listenToPrinting() {
  let { theme } = settings;
  const take = (wanted) => {
    settings.theme = wanted;
    changed.theme();
  };
  addEventListener("beforeprint", () => {
    theme = settings.theme;
    take("light");
    writePaperLine();
  });
  addEventListener("afterprint", () => take(theme));
}

function start() {
  readAddress();
  applyTheme();
  openGenerations(settings.generations);
  compare();
  writeTitle();
  writeSummary();
  writeBirths();
  removeEmpty();
  makeTabs();
  makeBar();
  connect();
  connectBirths();
  listenToPrinting();
  listenToKeys();
  listenToPointer(go);
  listenToSearch(() => settings.tab !== "tree" && showTab("tree"));
  showTab(settings.tab);
  if (settings.model >= 0) goTo(settings.model);
  else showPanel();
  if (settings.query) search(settings.query);
  document.body.dataset.columns = COLUMNS.length;
}

start();
requestAnimationFrame(() => setTimeout(() => (document.body.dataset.ready = performance.now().toFixed(0))));
