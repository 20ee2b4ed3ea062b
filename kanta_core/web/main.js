// Which view is shown: the list of events, or one of them. Addresses are kept behind the #.

import { present } from "./credential.js";
import { fill, h } from "./dom.js";
import { showEvents } from "./events.js";
import { organiserKey } from "./key.js";
import { complain } from "./notices.js";

const view = document.getElementById("view");
let leaving = new AbortController();
/** @type {{code: string, show: (place: Place, moved: boolean) => void, close: () => void}|null} */
let open = null;
let first = true;

/** @typedef {{code?: string, tab: string, item?: string, query: URLSearchParams}} Place */

/** @returns {Place} */
function place() {
  const [path, query] = location.hash.slice(1).split("?");
  const [, , code, tab, item] = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return "";
    }
  });
  return { code: code || undefined, tab: tab || "photos", item, query: new URLSearchParams(query) };
}

async function show() {
  const its = place();
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  if (open !== null && open.code !== its.code) {
    open.close();
    open = null;
  }
  try {
    if (its.code === undefined) {
      await showEvents(view, signal);
    } else {
      if (open === null) {
        const { openEvent } = await import("./event.js");
        if (signal.aborted) return;
        fill(view, h("p", { class: "quiet" }, "One moment …"));
        const opened = await openEvent(view, its.code, signal);
        if (signal.aborted) {
          opened.close();
          return;
        }
        open = opened;
      }
      await open.show(its, signal);
    }
    if (signal.aborted) return;
    const heading = view.querySelector("h2[tabindex], h1[tabindex]");
    if (!first && heading instanceof HTMLElement) heading.focus();
    first = false;
  } catch (error) {
    if (signal.aborted) return;
    complain(error);
    fill(
      view,
      h(
        "div",
        { class: "empty" },
        h("h1", {}, "That did not work"),
        h("p", {}, error.message),
        h(
          "p",
          {},
          h("a", { href: "#/" }, "To the events"),
          " · ",
          h("button", { type: "button", onclick: show }, "Try again"),
        ),
      ),
    );
    open?.close();
    open = null;
  }
}

document.querySelector("[data-skip]").addEventListener("click", (event) => {
  event.preventDefault();
  view.focus();
});
addEventListener("hashchange", show);
present(organiserKey);
show();
