// Texts and elements: formats for numbers, days and signs, and functions that make elements.
// Untrusted text enters the page only as textContent, never as markup.

const wholeNumber = new Intl.NumberFormat("en");
const shortNumber = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
export const MILLISECONDS_A_DAY = 864e5;

export const whole = (value) => wholeNumber.format(value);

/** Formats 12,345 as 12.3K; a negative number means unknown. */
export const short = (value) => (value < 0 ? "–" : shortNumber.format(value));

/** Formats a number of points with its sign; zero, and whatever rounds to it, has none. */
export function signed(value, digits = 0) {
  const size = Math.abs(value).toFixed(digits);
  if (Number(size) === 0) return size;
  return (value > 0 ? "+" : "−") + size;
}

/** Formats a number of days since 1970 as 2026-11-25; a negative number means unknown. */
export const day = (days) => (days < 0 ? "unknown" : new Date(days * MILLISECONDS_A_DAY).toISOString().slice(0, 10));

export const isAscii = (text) => /^[\x20-\x7e]*$/.test(text);

/** An untrusted name for use inside a sentence; a right-to-left name is isolated from the numbers beside it. */
export const isolated = (name) => (isAscii(name) ? name : `\u2068${name}\u2069`);

export const plural = (count, one, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;

/** Makes an element with a class and a text; both are optional. */
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

/** Makes a button that runs an action. */
export function button(className, text, action) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Splits org/name; an id without an organisation has an empty one. */
export function splitId(id) {
  const cut = id.indexOf("/") + 1;
  return [id.slice(0, cut), id.slice(cut)];
}

const HUB_ID = /^[\w.-]+(\/[\w.-]+)?$/;

/** Makes a link to a model on the Hub, or plain text if the Hub could not have such an id. */
export function hubLink(id, text) {
  if (!HUB_ID.test(id)) return element("span", "", text);
  const link = element("a", "", text);
  link.href = `https://huggingface.co/${id}`;
  link.rel = "noreferrer noopener";
  link.target = "_blank";
  return link;
}
