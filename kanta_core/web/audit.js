// Everything that was done in an event, and by whom: to be read, not to be undone.

import { get } from "./api.js";
import { h, set } from "./dom.js";
import { attempt } from "./notices.js";
import { time } from "./words.js";

const PAGE = 50;

/** @param {string} code @param {AbortSignal} signal @returns {HTMLElement} */
export function auditList(code, signal) {
  const list = h("ol", { class: "history" });
  const more = h(
    "button",
    { type: "button", class: "more", hidden: true, onclick: () => attempt(next) },
    "Show more",
  );
  let cursor = null;

  async function next() {
    const found = await get(`/audit/${encodeURIComponent(code)}`, { limit: PAGE, cursor }, signal);
    list.append(...found.map(line));
    cursor = found.at(-1)?.id;
    set(more, "hidden", found.length < PAGE);
  }

  // As it was when it was opened; opened again, it is read again.
  const all = h(
    "details",
    { class: "audit" },
    h("summary", {}, "Everything that was done, and by whom"),
    list,
    more,
  );
  all.addEventListener("toggle", () => {
    if (!all.open) return;
    list.replaceChildren();
    cursor = null;
    attempt(next);
  });
  return all;
}

function line({ at, token_id: token, label, action, details }) {
  const who = token === null ? "the organiser" : label || `token ${token.slice(0, 8)}`;
  const what = action.replaceAll("-", " ");
  return h(
    "li",
    {},
    h(
      "p",
      { class: "grow" },
      what[0].toUpperCase() + what.slice(1),
      told(details),
      h("span", { class: "quiet" }, ` ${time(at)}, by ${who}`),
    ),
  );
}

/** What is told besides, in the words of the API. */
function told(details) {
  const parts = Object.entries(details).map(
    ([name, value]) => `${name.replaceAll("_", " ")} ${[value].flat().join(", ")}`,
  );
  return parts.length ? `: ${parts.join("; ")}` : "";
}
