// The tooltip at the pointer: it repeats the details and labels, and is never the only place of a fact.

import { byId } from "./format.js";

const tip = byId("tip");

/** Shows lines of text at the pointer; without lines it hides the tooltip. */
export function showTip(event, lines) {
  if (!lines || !lines.length) {
    tip.hidden = true;
    return;
  }
  tip.textContent = lines.join("\n");
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const isLow = event.clientY + 18 + box.height > innerHeight;
  tip.style.left = `${Math.max(4, Math.min(innerWidth - box.width - 8, event.clientX + 14))}px`;
  tip.style.top = `${isLow ? Math.max(4, event.clientY - box.height - 10) : event.clientY + 16}px`;
}
