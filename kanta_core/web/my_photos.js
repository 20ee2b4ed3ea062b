// The photos a guest may see: those they are in, or all of them; to look at, to save, and to be forgotten in.

import { call } from "./api.js";
import { addPhotos, leave } from "./below.js";
import { copyable } from "./copy.js";
import { keep, keptOf } from "./device.js";
import { confirmed } from "./dialogs.js";
import { fill, h, say, set } from "./dom.js";
import { exportButton } from "./exports.js";
import { showGrid } from "./grid.js";
import { attempt, tell } from "./notices.js";
import { showLarge } from "./viewer.js";
import { count, time } from "./words.js";

// How often it is asked whether there are more photos now, and how many come at once.
const LOOK_AGAIN = 30_000;
const PAGE = 100;

/** @param {import("./find_me.js").Part & {whose: "own"|"everyone"}} its */
export async function showGallery(its) {
  const { panel, guest, signal, again, whose } = its;
  const own = whose === "own";
  const token = guest.token ?? guest.invitation;
  const heading = h("h2", { tabindex: -1, class: "grow" });
  const empty = h("p", { class: "empty" });
  const fresh = h("button", { type: "button", hidden: true, onclick: again }, "Show new photos");
  let total = 0;

  const page = (cursor, limit = PAGE) =>
    call("GET", "/me/pics", { query: { limit, cursor, whose: own ? null : "everyone" }, signal, as: token });
  const grid = showGrid({
    page,
    async open(rows, at, more) {
      const last = await showLarge({ rows, at, total, more, code: guest.code, token });
      panel.querySelectorAll(".photos button")[last]?.focus();
    },
    counted(many) {
      total = many;
      say(heading, own ? `${count(many, "photo")} of you` : count(many, "photo"));
      say(empty, many ? "" : own ? "There is no photo of you here any more." : "There are no photos yet.");
    },
    signal,
  });

  await grid.start();
  fill(
    panel,
    h(
      "div",
      { class: "row" },
      heading,
      own &&
        total > 0 &&
        exportButton("Save all", { path: "/me/exports", json: {}, as: token, signal }, "primary"),
    ),
    fresh,
    ...grid.nodes,
    empty,
    guest.upload && addPhotos(its),
    own && takeAlong(token),
    own && forgetMe(its),
    leave(its),
  );
  const looking = setInterval(async () => {
    if (document.hidden) return;
    try {
      set(fresh, "hidden", (await page(null, 1)).total <= total);
    } catch (error) {
      if (error.status === 401) again();
    }
  }, LOOK_AGAIN);
  signal.addEventListener("abort", () => clearInterval(looking));
}

/** The guest's own link, which leads to the same photos anywhere. */
function takeAlong(token) {
  return h(
    "details",
    { class: "along" },
    h("summary", {}, "My link, for another device"),
    h("p", { class: "hint" }, "Whoever has it sees your photos. Keep it to yourself."),
    copyable("My link", `${location.origin}/join#${token}`),
  );
}

/** @param {import("./find_me.js").Part} its */
function forgetMe({ panel, guest, again }) {
  const erase = async () => {
    const sure = await confirmed(
      "Forget me?",
      "Everything that lets Kanta know your face at this event is deleted, and you can’t find your photos any more. The photos themselves stay. This can’t be undone.",
      "Forget me",
    );
    if (!sure) return;
    await attempt(async () => {
      const receipt = await call("POST", "/me/erasure", { as: guest.token });
      keep({ ...keptOf(guest.code), guest: undefined });
      showReceipt(panel, receipt, again);
    });
  };
  return h(
    "section",
    { class: "card" },
    h("h3", {}, "Forget me"),
    h("p", {}, "Have everything deleted that lets Kanta know your face at this event."),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", class: "danger", onclick: erase }, "Forget me …"),
    ),
  );
}

/** What went, as Kanta states it. */
function showReceipt(panel, receipt, again) {
  const heading = h("h2", { tabindex: -1 }, "You are forgotten");
  const line = (what, much) => [h("dt", {}, what), h("dd", {}, much)];
  fill(
    panel,
    h(
      "section",
      { class: "card receipt" },
      heading,
      h("p", {}, `Since ${time(receipt.erased_at)}, at this event.`),
      h(
        "dl",
        {},
        ...line("Faces deleted", receipt.faces),
        ...line("Pictures of your face deleted", receipt.crops),
        ...line("People deleted", receipt.people),
        ...line("Photos that stay", receipt.photos_stay),
        ...line("You had agreed to text", receipt.consent_version),
      ),
      h(
        "p",
        { class: "hint" },
        "The photos stay with the organiser. Ask there if one of them is to be deleted as well.",
      ),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", onclick: () => print() }, "Print"),
        h("button", { type: "button", class: "primary", onclick: again }, "Done"),
      ),
    ),
  );
  heading.focus();
  tell("You are forgotten.");
}
