// Theme colours for drawing on canvas; the style sheet defines them all.

import { settings } from "./settings.js";

const NAMES = ["panel", "ink", "muted", "faint", "line", "edge", "arc", "accent", "dot", "neutral", "hatch"];
const KIND_NAMES = [1, 2, 3, 4, 5, 6, 7, 8].map((place) => `kind${place}`);
const RAMP_NAMES = [1, 2, 3, 4, 5].map((step) => `ramp${step}`);
const SHADES = [1, 2, 3, 4];
/** Points at which a supported shift gets the next shade: for comparing sizes, not a judgement. */
const SHADES_FROM = [5, 10, 20];

export const colours = {};

/** Applies the theme and reads its colours. */
export function applyTheme() {
  const page = document.documentElement;
  page.dataset.theme = settings.theme;
  const style = getComputedStyle(page);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  for (const name of [...NAMES, ...KIND_NAMES, ...RAMP_NAMES]) colours[name] = read(name);
  for (const step of SHADES) {
    colours[`worse${step}`] = read(`worse${step}`);
    colours[`better${step}`] = read(`better${step}`);
  }
}

/** The shade of a supported shift: worse1 to worse4, or better1 to better4. Of safety, + is worse. */
export function shade(points, isWorse = points > 0) {
  const size = Math.abs(points);
  const step = 1 + SHADES_FROM.filter((from) => size >= from).length;
  return (isWorse ? "worse" : "better") + step;
}
