// Thousands of photos to scroll through: they come by the page as they are neared, and what is out of sight costs nothing.

import { h, set } from "./dom.js";
import { attempt } from "./notices.js";
import { time } from "./words.js";

// How far ahead of the eye more is asked for.
const AHEAD = "3000px";

/**
 * @typedef {{uuid: string, thumbnail_url: string, width: number, height: number, taken_at: string|null,
 *   own_faces: {x: number, y: number, width: number, height: number}[]}} Row
 * @typedef {{pics: Row[], total: number, next_cursor: string|null}} Page
 */

/**
 * Photos as a list that grows while it is scrolled.
 * @param {{page: (cursor: string|null) => Promise<Page>, counted: (total: number) => void, signal: AbortSignal,
 *   open: (rows: Row[], at: number, more: () => Promise<void>) => void}} given `more` adds to the rows, if it can
 * @returns {{nodes: HTMLElement[], start: () => Promise<void>}} what to show, and the first page's coming
 */
export function showGrid({ page, open, counted, signal }) {
  /** @type {Row[]} */
  const rows = [];
  const list = h("ul", { class: "photos" });
  const more = h(
    "button",
    { type: "button", class: "more", hidden: true, onclick: () => attempt(next) },
    "Show more",
  );
  /** @type {string|null} */
  let cursor = null;
  let ended = false;
  /** @type {Promise<void>|null} */
  let loading = null;

  function next() {
    if (ended) return Promise.resolve();
    loading ??= load().finally(() => {
      loading = null;
    });
    return loading;
  }

  async function load() {
    const from = cursor;
    const found = await page(from);
    const known = rows.length;
    rows.push(...found.pics);
    cursor = found.next_cursor;
    ended = cursor === null;
    list.append(...found.pics.map((row, at) => cell(row, known + at, from)));
    set(more, "hidden", ended);
    counted(found.total);
    watch();
  }

  /** Watched anew each time: the end that is still near after a page has come would not be told of again. */
  function watch() {
    near.disconnect();
    if (!ended && !signal.aborted) near.observe(more);
  }

  function cell(row, at, from) {
    const image = h("img", { alt: "", loading: "lazy", decoding: "async", src: row.thumbnail_url });
    // Links to thumbnails end after a while: a page that was left open asks for them anew.
    image.addEventListener("error", () => renew(from), { once: true });
    const [face] = row.own_faces;
    // What is cut off to make a square is not the guest.
    if (face)
      image.style.objectPosition = `${middle(face.x, face.width, row.width)} ${middle(face.y, face.height, row.height)}`;
    const taken = row.taken_at ? `, taken ${time(row.taken_at)}` : "";
    const label = `Photo ${at + 1}${taken}`;
    return h(
      "li",
      {},
      h("button", { type: "button", "aria-label": label, onclick: () => open(rows, at, next) }, image),
    );
  }

  /** @type {Map<string|null, Promise<void>>} */
  const renewing = new Map();

  function renew(from) {
    if (signal.aborted || renewing.has(from)) return;
    const again = page(from).then((found) => {
      const links = new Map(found.pics.map((row) => [row.uuid, row.thumbnail_url]));
      rows.forEach((row, at) => {
        if (!links.has(row.uuid)) return;
        row.thumbnail_url = links.get(row.uuid);
        list.children[at].querySelector("img").src = row.thumbnail_url;
      });
    });
    renewing.set(
      from,
      again.catch(() => {}),
    );
  }

  const near = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) attempt(next);
    },
    { rootMargin: AHEAD },
  );
  signal.addEventListener("abort", () => near.disconnect());
  return { nodes: [list, more], start: next };
}

/** Where the middle of a stretch lies in the whole. */
function middle(from, length, whole) {
  return `${Math.round((100 * (from + length / 2)) / whole)}%`;
}
