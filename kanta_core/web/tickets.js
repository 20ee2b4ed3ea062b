// Where photos go: a place in storage for each, asked for many at a time, before they are sent.

import { call } from "./api.js";

const AT_A_TIME = 25;
// What is larger is no photo that Kanta takes, and more than should be held in memory to find that out.
const MOST_HASHED = 256 * 2 ** 20;

/**
 * Where one photo goes. `there`: Kanta has its bytes, and nothing need be sent. `staged` of its blocks lie there
 * already, and are to be made one photo; `unsure`: it may have arrived, only the answer was lost.
 * @typedef {{url: string, headers: Record<string, string>, blockBytes: number|null, there: boolean, staged: number,
 *   unsure: boolean, ticket: object}} Place
 * @typedef {import("./upload.js").Item} Item
 */

/** @type {WeakMap<Item, Promise<Place>>} */
const places = new WeakMap();
/** Those that have come. @type {WeakMap<Item, Place>} */
const known = new WeakMap();

/**
 * A photo's place; those of the photos behind it are asked for with it.
 * @param {Item} item
 * @param {Item[]} items
 * @returns {Promise<Place>}
 */
export async function placeOf(item, items) {
  if (!places.has(item)) {
    const others = items.filter(
      (each) =>
        each !== item && each.state === "waiting" && each.code === item.code && !places.has(each),
    );
    reserve(item.code, [item, ...others.slice(0, AT_A_TIME - 1)]);
  }
  return places.get(item);
}

/** How many bytes of the photo need not be sent again. @param {Item} item */
export function kept(item) {
  const place = known.get(item);
  return place?.blockBytes ? Math.min(place.staged * place.blockBytes, item.file.size) : 0;
}

/** The photo needs another place: so do all whose link was made together with its own. */
export function expired(item, items) {
  const ticket = known.get(item)?.ticket;
  for (const each of [item, ...items]) {
    const its = known.get(each);
    if (its && its.ticket === ticket && each.state !== "sending") forget(each);
  }
  forget(item);
}

function forget(item) {
  places.delete(item);
  known.delete(item);
}

/** @param {string} code @param {Item[]} items */
function reserve(code, items) {
  const asked = ask(code, items);
  items.forEach((item, at) => {
    const place = asked.then(
      (found) => found[at],
      (problem) => {
        // What is wrong with one file of many is not the others' fault.
        if (items.length === 1 || problem.passing || ![413, 422].includes(problem.status)) throw problem;
        return ask(code, [item]).then(([own]) => own);
      },
    );
    places.set(item, place);
    place.then(
      (its) => known.set(item, its),
      () => forget(item),
    );
  });
}

/** @returns {Promise<Place[]>} */
async function ask(code, items) {
  const files = [];
  for (const { file } of items) files.push({ name: file.name, size: file.size, sha256: await digest(file) });
  const ticket = await call("POST", `/upload-tickets/${encodeURIComponent(code)}`, { json: { files } });
  return ticket.files.map((each) => ({
    url: each.url,
    headers: ticket.headers,
    blockBytes: each.block_bytes,
    there: each.there,
    staged: 0,
    unsure: false,
    ticket,
  }));
}

/** The SHA-256 of a file; null where the browser has none (no https), or can't read the file any more. */
async function digest(file) {
  if (file.size > MOST_HASHED) return null;
  try {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return null;
  }
}
