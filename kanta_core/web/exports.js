// What is asked for as one file, and is made meanwhile.

import { call } from "./api.js";
import { h, pause, say } from "./dom.js";
import { attempt } from "./notices.js";
import { count, size } from "./words.js";

const LOOK_AGAIN = 1_500;

/**
 * What to ask for: where, what, and as whom.
 * @typedef {{path: string, json?: unknown, as?: string, signal: AbortSignal}} Wanted
 */

/**
 * A button that has a file made, and then is the link to it. The link is short-lived; the next click asks anew.
 * @param {string} label
 * @param {Wanted} wanted
 * @param {string} [kind] a class
 * @returns {HTMLElement}
 */
export function exportButton(label, wanted, kind) {
  const state = h("span", { role: "status", class: "quiet" });
  const button = h("button", { type: "button", class: kind }, label);
  button.addEventListener("click", () => {
    button.disabled = true;
    attempt(async () => {
      const its = await made(wanted, (so) => say(state, so));
      say(state, size(its.size));
      save(its.url);
    }).then((well) => {
      if (!well) say(state, "");
      button.disabled = false;
      button.focus();
    });
  });
  return h("span", { class: "row export" }, button, state);
}

/** @param {Wanted} wanted @param {(so: string) => void} told how far it is */
async function made({ path, json, as, signal }, told) {
  told("Packing …");
  let its = await call("POST", path, { json, as, signal });
  while (its.status === "pending") {
    await pause(LOOK_AGAIN);
    signal.throwIfAborted();
    its = await call("GET", `${path}/${its.id}`, { as, signal });
    if (its.photos) told(`Packing: ${count(its.photos, "photo")} …`);
  }
  if (its.status !== "ready")
    throw new Error(its.reason ?? "The file could not be made. Try again in a while.");
  return its;
}

/** Storage sends it under its name, to be saved and not shown. */
function save(url) {
  const link = h("a", { href: url, download: true, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}
