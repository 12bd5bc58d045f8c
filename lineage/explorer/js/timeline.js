// The timeline of births: how many models were created in each month, in the colours of the marks. A click, a drag or
// the two lists choose months; tree and plots then show only what was created in them.

import { family } from "./family.js";
import { birthMonths, monthName, MONTHS_A_YEAR, spanName, yearOf } from "./births.js";
import { svg } from "./chart.js";
import { colouringTitle, fillOf, kindOf, kinds } from "./colouring.js";
import { button, element, plural, whole } from "./format.js";
import { passesOtherwise } from "./order.js";
import { settings } from "./settings.js";

/** Months of one bar: more where the months are many. */
const MONTHS_OF_BAR = [1, 3, 12];
const MOST_BARS = 96;
const LABEL_MONTHS = [1, 3, 6, 12, 24, 60, 120];
const LABEL_WIDTH = 46;
const NARROW = 600;
const FRAME_OF_BARS = { left: 46, right: 8, top: 10, bottom: 22 };
const LINES_AT_MOST = 4;
const UNIT = { 1: "month", 3: "quarter", 12: "year" };

/** What the page does when the months change, set by main. */
export const onBirths = { chosen() {}, go() {} };

/** The bars: their first months, and the models of each kind in each; the models without a date. */
function tallyBirths() {
  const months = birthMonths();
  const isMeant = (i) => !family.isContext[i] && passesOtherwise(i);
  let [first, last] = [Infinity, -Infinity];
  for (let i = 0; i < family.count; i++) {
    if (months[i] < 0 || family.isContext[i]) continue;
    first = Math.min(first, months[i]);
    last = Math.max(last, months[i]);
  }
  const step = MONTHS_OF_BAR.find((one) => (last - first) / one < MOST_BARS) ?? MONTHS_A_YEAR;
  first -= first % step;
  const bars = [];
  for (let month = first; month <= last; month += step) bars.push({ month, counts: new Map(), sum: 0 });
  let undated = 0;
  for (let i = 0; i < family.count; i++) {
    if (!isMeant(i)) continue;
    if (months[i] < 0) undated++;
    else {
      const bar = bars[Math.floor((months[i] - first) / step)];
      const kind = kindOf(i);
      bar.counts.set(kind, (bar.counts.get(kind) ?? 0) + 1);
      bar.sum++;
    }
  }
  return { bars, step, undated, present: kinds().filter((kind) => bars.some((bar) => bar.counts.has(kind))) };
}

const spanOf = ({ month }, step) => [month, month + step - 1];
const nameOfBar = (bar, step) => (step === 1 ? monthName(bar.month) : spanName(spanOf(bar, step)));

/** Round numbers of models for the lines behind the bars. */
function levels(most) {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, most / LINES_AT_MOST)));
  const step = [1, 2, 5, 10].map((one) => one * size).find((one) => most / one <= LINES_AT_MOST) ?? 10 * size;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, at) => at * step);
}

function drawLabels(plot, bars, step, barWidth, width, bottom) {
  const apart = LABEL_MONTHS.find((one) => one >= step && (one / step) * barWidth >= LABEL_WIDTH) ?? LABEL_MONTHS.at(-1);
  bars.forEach(({ month }, at) => {
    if (month % apart) return;
    const isYear = month % MONTHS_A_YEAR === 0 || apart >= MONTHS_A_YEAR;
    const x = FRAME_OF_BARS.left + at * barWidth;
    if (x + LABEL_WIDTH > width) return;
    plot.append(svg("line", { class: "rule", x1: x, x2: x, y1: bottom, y2: bottom + 5 }));
    plot.append(svg("text", { class: isYear ? "name" : "", x: x + 3, y: bottom + 15 }, isYear ? String(yearOf(month)) : monthName(month)));
  });
}

function drawBar(bar, present, x, width, yOf) {
  const made = svg("g", { class: "births" });
  let below = 0;
  for (const kind of present) {
    const count = bar.counts.get(kind);
    if (!count) continue;
    const [top, bottom] = [yOf(below + count), yOf(below)];
    const fill = fillOf(kind);
    made.append(svg("rect", { x, width, y: top, height: bottom - top, fill, class: kind.isHollow ? "hollow" : "" }));
    below += count;
  }
  return made;
}

const wordsOf = (bar, present, step) => [
  `${nameOfBar(bar, step)}: ${plural(bar.sum, "model")}`,
  ...present.filter((kind) => bar.counts.has(kind)).map((kind) => `${kind.label}: ${whole(bar.counts.get(kind))}`),
];

function summaryOf({ bars, step }) {
  const sum = bars.reduce((all, bar) => all + bar.sum, 0);
  const most = bars.reduce((best, bar) => (bar.sum > best.sum ? bar : best), bars[0]);
  const span = spanName([bars[0].month, bars.at(-1).month + step - 1]);
  return `${plural(sum, "model")} by ${UNIT[step]} of creation, ${span}; most in ${nameOfBar(most, step)}: ${whole(most.sum)}`;
}

/** The chart, and what marks the chosen months in it; `choose` is called with a span of months. */
function chartOf(told, width, choose) {
  const { bars, step, present } = told;
  const { left, right, top, bottom } = FRAME_OF_BARS;
  const height = width < NARROW ? 220 : 300;
  const most = bars.reduce((largest, bar) => Math.max(largest, bar.sum), 1);
  const barWidth = (width - left - right) / bars.length;
  const yOf = (count) => height - bottom - (count / most) * (height - top - bottom);
  const plot = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summaryOf(told), class: "births-chart" });
  for (const level of levels(most)) {
    plot.append(svg("line", { class: "rule", x1: left, x2: width - right, y1: yOf(level), y2: yOf(level) }));
    plot.append(svg("text", { x: left - 5, y: yOf(level) + 3, "text-anchor": "end" }, whole(level)));
  }
  drawLabels(plot, bars, step, barWidth, width, height - bottom);
  const gap = barWidth > 4 ? 1 : 0;
  const drawn = bars.map((bar, at) => drawBar(bar, present, left + at * barWidth + gap / 2, barWidth - gap, yOf));
  plot.append(...drawn);
  bars.forEach((bar, at) => {
    const area = svg("rect", { class: "births-area", x: left + at * barWidth, width: barWidth, y: top, height: height - top - bottom });
    area.dataset.words = wordsOf(bar, present, step).join("\n");
    plot.append(area);
  });
  const mark = (span) =>
    drawn.forEach((one, at) => one.classList.toggle("out", span !== null && (bars[at].month > span[1] || spanOf(bars[at], step)[1] < span[0])));
  const placeOf = (event) => {
    const box = plot.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width - left;
    return Math.max(0, Math.min(bars.length - 1, Math.floor(x / barWidth)));
  };
  listenToBrush(plot, placeOf, (from, to) => [bars[from].month, spanOf(bars[to], step)[1]], mark, choose);
  return { plot, mark };
}

/** Chooses months by a click or a drag; a click on the only chosen bar chooses all again. */
function listenToBrush(plot, placeOf, spanBetween, mark, choose) {
  let start = -1;
  const spanTo = (event) => {
    const end = placeOf(event);
    return spanBetween(Math.min(start, end), Math.max(start, end));
  };
  plot.addEventListener("pointerdown", (event) => {
    start = placeOf(event);
    plot.setPointerCapture(event.pointerId);
    mark(spanTo(event));
  });
  plot.addEventListener("pointermove", (event) => start >= 0 && mark(spanTo(event)));
  plot.addEventListener("pointerup", (event) => {
    if (start < 0) return;
    const span = spanTo(event);
    start = -1;
    choose(String(span) === String(settings.born) ? null : span);
  });
  plot.addEventListener("pointercancel", () => {
    start = -1;
    mark(settings.born);
  });
}

function monthList(word, { bars, step }, isLast) {
  const label = element("label", "", `${word} `);
  const list = element("select");
  list.append(...bars.map((bar) => new Option(monthName(spanOf(bar, step)[isLast ? 1 : 0]), spanOf(bar, step)[isLast ? 1 : 0])));
  label.append(list);
  return { label, list };
}

/** The lists, the buttons and the line that says what is chosen. */
function controlsOf(told, choose) {
  const made = element("div", "births-controls");
  const [from, to] = [monthList("created from", told, false), monthList("to", told, true)];
  const line = element("span", "births-told");
  line.setAttribute("role", "status");
  const all = button("plain", "all months", () => choose(null));
  const seen = button("plain", "show in the tree", () => onBirths.go());
  const read = () => [Number(from.list.value), Number(to.list.value)];
  from.list.addEventListener("change", () => choose([read()[0], Math.max(read()[1], read()[0] + told.step - 1)]));
  to.list.addEventListener("change", () => choose([Math.min(read()[0], read()[1] - told.step + 1), read()[1]]));
  made.append(from.label, to.label, all, seen, line);
  const write = () => {
    const ends = [spanOf(told.bars[0], told.step)[0], spanOf(told.bars.at(-1), told.step)[1]];
    const [first, last] = settings.born ?? ends;
    from.list.value = String(first);
    to.list.value = String(last);
    all.disabled = settings.born === null;
    const chosen = told.bars.filter((bar) => bar.month >= first && bar.month <= last);
    const undated = told.undated ? `; not drawn without a date: ${whole(told.undated)}` : "";
    line.textContent = `${plural(chosen.reduce((sum, bar) => sum + bar.sum, 0), "model")} created ${spanName([first, last])}${undated}`;
  };
  return { made, write };
}

function keyOf(present) {
  const made = element("p", "key");
  for (const kind of present) {
    const part = element("span");
    const sign = element("i", kind.isHollow ? "swatch hollow" : "swatch");
    sign.style.setProperty("--topic", fillOf(kind));
    part.append(sign, kind.label);
    made.append(part);
  }
  return made;
}

/** The same as a table, for those who cannot see the bars. */
function tableOf({ bars, step, present }) {
  const more = element("details", "births-table");
  const table = element("table", "scores");
  const head = table.createTHead().insertRow();
  for (const text of [UNIT[step], "models", ...present.map((kind) => kind.label)]) {
    head.append(Object.assign(element("th", "", text), { scope: "col" }));
  }
  const body = table.createTBody();
  for (const bar of bars.filter((one) => one.sum)) {
    const row = body.insertRow();
    row.append(Object.assign(element("th", "", nameOfBar(bar, step)), { scope: "row" }));
    for (const count of [bar.sum, ...present.map((kind) => bar.counts.get(kind) ?? 0)]) row.insertCell().textContent = whole(count);
  }
  more.append(element("summary", "", "as a table"), table);
  return more;
}

/** Fills the tab. */
export function showTimeline(page) {
  const told = tallyBirths();
  const title = `Models created per ${UNIT[told.step]}, by ${colouringTitle(settings.colour)}`;
  const style = getComputedStyle(page);
  const width = Math.max(300, Math.round(page.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)));
  const choose = (span) => {
    settings.born = span;
    mark(span);
    write();
    onBirths.chosen();
  };
  const { plot, mark } = chartOf(told, width, choose);
  const { made, write } = controlsOf(told, choose);
  page.append(
    element("h2", "page-title", title),
    element("p", "note", "Click a bar, drag over several, or choose the months: the tree and the plots then show only what was created in them."),
    made,
    keyOf(told.present),
    plot,
    tableOf(told),
  );
  mark(settings.born);
  write();
}
