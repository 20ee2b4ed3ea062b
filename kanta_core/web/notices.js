// What just happened, in a sentence, and the way back where there is one.

import { h } from "./dom.js";

const area = document.getElementById("notices");
// Read out as they come; the polite one waits for its turn.
const polite = h("div", { role: "status" });
const urgent = h("div", { role: "alert" });
area.append(polite, urgent);
let timer = 0;

/**
 * Tell what happened; the last sentence replaces the one before.
 * @param {string} sentence
 * @param {{label: string, run: () => unknown}} [action] what can be done about it, as a button
 */
export function tell(sentence, action) {
  show(polite, sentence, action);
  // With a button it stays until the next one: nobody has to hurry.
  if (!action) timer = setTimeout(clear, 8_000);
}

/**
 * Say what went wrong. What was given up by leaving a view is nothing wrong.
 * @param {unknown} error
 */
export function complain(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  show(urgent, error instanceof Error ? error.message : String(error));
  if (!(error instanceof Error) || error.name !== "Error") console.error(error);
}

/** Run `work`, and say what went wrong if it fails; whether it went well. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    complain(error);
    return false;
  }
}

function show(region, sentence, action) {
  clear();
  const button =
    action &&
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          clear();
          action.run();
        },
      },
      action.label,
    );
  const close = h(
    "button",
    { type: "button", class: "quiet", "aria-label": "Close this message", onclick: clear },
    "×",
  );
  region.append(
    h("div", { class: region === urgent ? "notice wrong" : "notice" }, h("p", {}, sentence), button, close),
  );
}

function clear() {
  clearTimeout(timer);
  polite.replaceChildren();
  urgent.replaceChildren();
}
