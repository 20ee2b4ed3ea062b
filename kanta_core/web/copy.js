// Text to take along.

import { h } from "./dom.js";
import { tell } from "./notices.js";

/**
 * A text that is long and odd, to be copied as it is.
 * @param {string} label
 * @param {string} text
 * @returns {HTMLElement}
 */
export function copyable(label, text) {
  const field = h("input", {
    readonly: true,
    value: text,
    "aria-label": label,
    spellcheck: "false",
    onfocus: () => field.select(),
  });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      tell("Copied.");
    } catch {
      // Browsers let pages copy over HTTPS only.
      field.focus();
      tell("It is selected: copy it with the keyboard or by a long press.");
    }
  };
  return h(
    "div",
    { class: "row copyable" },
    field,
    h("button", { type: "button", "aria-label": `Copy: ${label}`, onclick: copy }, "Copy"),
  );
}
