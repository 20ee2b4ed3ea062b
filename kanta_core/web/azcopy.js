// Many photos straight to storage, past the browser: the line for azcopy.

import { call } from "./api.js";
import { copyable } from "./copy.js";
import { fill, h } from "./dom.js";
import { attempt } from "./notices.js";
import { time } from "./words.js";

/** @param {string} code @returns {HTMLElement} */
export function azcopyCard(code) {
  const place = h("div", {});
  const make = () =>
    attempt(async () => {
      const ticket = await call("POST", `/upload-tickets/${encodeURIComponent(code)}`, { json: {} });
      fill(
        place,
        copyable("azcopy’s command line", ticket.azcopy),
        h(
          "p",
          { class: "hint" },
          `Good until ${time(ticket.expires_at)}. Put the folder’s name for <folder>. Keep the line to yourself: with it photos can be added.`,
        ),
      );
      place.querySelector("input").focus();
    });
  return h(
    "details",
    { class: "azcopy" },
    h("summary", {}, "Thousands of photos? Send a folder with azcopy"),
    h(
      "p",
      { class: "hint" },
      "Microsoft’s azcopy sends them straight to storage, with sub-folders, and goes on where it was cut off. They show up here as they arrive.",
    ),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: make }, "Make a command line")),
    place,
  );
}
