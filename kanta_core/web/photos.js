// An event's photos: how they come in, how many are in which state, and all of them to scroll through.

import { call, get } from "./api.js";
import { azcopyCard } from "./azcopy.js";
import { dropZone } from "./drop_zone.js";
import { fill, h, keyed, listen, picture, say, set } from "./dom.js";
import { inTurn } from "./live.js";
import { attempt, tell } from "./notices.js";
import { showPhoto } from "./photo.js";
import { address, count } from "./words.js";

const PAGE = 100;
const STATES = {
  "": "All",
  encoded: "Encoded",
  pending: "In work",
  duplicate: "Duplicates",
  rejected: "Rejected",
  failed: "Failed",
};

// Of one photo, where it is not simply there.
const STATE = { pending: "In work", duplicate: "Duplicate", rejected: "Rejected", failed: "Failed" };

/** @param {import("./event.js").Tab} tab */
export async function showPhotos({ panel, code, live, place, signal }) {
  const person = place.query.get("person");
  const status = place.query.get("status") ?? "";
  const list = h("ul", { class: "photos" });
  const empty = h("p", { class: "empty" });
  const more = h("button", { type: "button", class: "more", onclick: () => attempt(next) }, "Show more");
  const chips = h("ul", { class: "chips" });
  const retry = h(
    "button",
    { type: "button", onclick: () => attempt(() => retryAll(code, status, live)) },
    `Retry all ${status}`,
  );
  /** @type {any[]} */
  const rows = [];
  let ended = false;
  /** @type {Promise<void>|null} */
  let loading = null;

  const page = (offset) =>
    get(
      "/pics",
      { event_code: code, limit: PAGE, offset, status: status || null, cluster_list_id: person },
      signal,
    );

  function render() {
    keyed(
      list,
      rows,
      (row) => row.uuid,
      (row) => cell(row, (uuid) => rows.findIndex((each) => each.uuid === uuid), open),
      update,
    );
    set(more, "hidden", ended);
    say(
      empty,
      rows.length ? "" : ended ? (status || person ? "There is no such photo." : "No photos yet.") : "",
    );
    set(retry, "hidden", !["rejected", "failed"].includes(status) || rows.length === 0);
  }

  const seen = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !ended) attempt(next);
    },
    { rootMargin: "1200px" },
  );
  signal.addEventListener("abort", () => seen.disconnect());

  function next() {
    loading ??= page(rows.length)
      .then((found) => {
        const known = new Set(rows.map((row) => row.uuid));
        rows.push(...found.filter((row) => !known.has(row.uuid)));
        ended = found.length < PAGE;
        render();
        // Watched anew: an end that is still near would not be told of again.
        seen.disconnect();
        if (!ended && !signal.aborted) seen.observe(more);
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  }

  /** Read again what is shown and not final, and what came after it. */
  const refresh = inTurn(async () => {
    await loading;
    const moving = rows.flatMap((row, at) =>
      status !== "" || row.status === "pending" || row.thumbnail_url === null ? [Math.floor(at / PAGE)] : [],
    );
    for (const number of new Set(moving)) {
      const found = await page(number * PAGE);
      if (status !== "" || person) rows.splice(number * PAGE, PAGE, ...found);
      else
        for (const row of found) {
          const at = rows.findIndex((each) => each.uuid === row.uuid);
          if (at >= 0) rows[at] = row;
        }
    }
    if (ended) await next();
    render();
  });

  async function open(at) {
    await showPhoto({ rows, at, code, live });
    await refresh();
  }

  const states = () => showStates(chips, live.report?.photos, code, status);
  fill(
    panel,
    h("h2", { class: "spoken", tabindex: -1 }, "Photos"),
    !person && dropZone(code, signal),
    !person && azcopyCard(code),
    person
      ? h("p", {}, "Photos of one person. ", h("a", { href: address(code, "photos") }, "Show all photos"))
      : h("nav", { "aria-label": "States of photos" }, chips),
    retry,
    list,
    empty,
    more,
  );
  if (!person) states();
  await next();
  listen(
    live,
    "change",
    () => {
      if (!person) states();
      refresh().catch(() => {});
    },
    signal,
  );
}

function cell(row, at, open) {
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", onclick: () => attempt(() => open(at(row.uuid))) },
      h("img", { alt: "", loading: "lazy", decoding: "async" }),
      h("span", { class: "label" }),
    ),
  );
}

/** What each cell shows: a row that is the same object needs no second look, however many there are. */
const shown = new WeakMap();

function update(element, row) {
  if (shown.get(element) === row) return;
  shown.set(element, row);
  const [image, label] = element.firstElementChild.children;
  set(element, "class", row.status);
  picture(image, row.thumbnail_url);
  set(image, "hidden", !row.thumbnail_url);
  const trouble = [STATE[row.status], row.status_reason].filter(Boolean);
  const unseen = trouble.length || !row.thumbnail_url;
  say(label, [...trouble, unseen && row.name].filter(Boolean).join(": "));
  const faces = row.status === "encoded" && count(row.faces, "face");
  set(element.firstElementChild, "aria-label", [row.name, ...trouble, faces].filter(Boolean).join(", "));
}

/** How many there are in each state, as ways to see only those; nothing until that is known. */
function showStates(chips, photos, code, status) {
  if (!photos) return;
  const all = Object.values(photos).reduce((sum, many) => sum + many, 0);
  const shown = Object.keys(STATES).filter((state) => state === "" || state === status || photos[state]);
  keyed(
    chips,
    shown,
    (state) => state || "all",
    (state) =>
      h(
        "li",
        {},
        h("a", {
          href: address(code, "photos") + (state ? `?status=${state}` : ""),
          "aria-current": state === status && "true",
        }),
      ),
    (chip, state) => say(chip.firstElementChild, `${STATES[state]} ${state ? photos[state] : all}`),
  );
}

async function retryAll(code, status, live) {
  let tried = 0;
  for (;;) {
    const { outcomes, left } = await call("POST", `/pics/${encodeURIComponent(code)}/retries`, {
      json: { status },
    });
    const done = outcomes.filter(({ outcome }) => outcome === "done").length;
    tried += done;
    if (done === 0 || (left === 0 && done === outcomes.length)) break;
  }
  tell(`${count(tried, "photo")} will be tried again.`);
  live.nudge();
}
