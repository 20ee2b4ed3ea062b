// Where photos go: a place in storage for each, asked for many at a time, before they are sent.

import { call } from "./api.js";

const AT_A_TIME = 25;
// What is larger is no photo that Kanta takes, and more than should be held in memory to find that out.
const MOST_HASHED = 256 * 2 ** 20;
// A link that ends so soon is not begun with: storage refuses what comes late only when it has been sent.
const SOON = 60_000;

/**
 * Where one photo goes. `there`: Kanta has its bytes, and nothing need be sent. `staged` of its blocks lie there
 * already, and are to be made one photo; `unsure`: it may have arrived, only the answer was lost. `broken` is how often
 * the connection was lost on the way, `until` when to ask for another place, in Date.now()'s time.
 * @typedef {{url: string, headers: Record<string, string>, blockBytes: number|null, there: boolean, staged: number,
 *   unsure: boolean, broken: number, until: number, ticket: object}} Place
 * @typedef {import("./upload.js").Item} Item
 */

/** @type {WeakMap<Item, Promise<Place>>} */
const places = new WeakMap();
/** Those that have come. @type {WeakMap<Item, Place>} */
const known = new WeakMap();
/** Those of the photos' bytes, each read once however often a place is asked for. @type {WeakMap<Item, string>} */
const digests = new WeakMap();

/**
 * A photo's place; those of the photos behind it are asked for with it.
 * @param {Item} item
 * @param {Item[]} items
 * @returns {Promise<Place>}
 */
export async function placeOf(item, items) {
  if (known.get(item)?.until < Date.now()) expired(item, items);
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
  /** @type {Promise<unknown>} */
  let before = asked;
  items.forEach((item, at) => {
    const place = asked.then(
      (found) => found[at],
      (problem) => {
        // What is wrong with one file of many is not the others' fault.
        if (items.length === 1 || !ofTheFile(problem)) throw problem;
        const alone = () => ask(code, [item]);
        const own = before.then(alone, alone);
        before = own;
        return own.then(([its]) => its);
      },
    );
    places.set(item, place);
    place.then(
      (its) => known.set(item, its),
      (problem) => {
        if (!ofTheFile(problem)) forget(item);
      },
    );
  });
}

/** Whether Kanta takes no such file, however often it is asked. */
const ofTheFile = (problem) => [413, 422].includes(problem.status);

/** @returns {Promise<Place[]>} */
async function ask(code, items) {
  const files = [];
  for (const item of items) {
    const { name, size } = item.file;
    const sha256 = digests.get(item) ?? (await digest(item.file));
    if (sha256) digests.set(item, sha256);
    files.push({ name, size, sha256 });
  }
  const ticket = await call("POST", `/upload-tickets/${encodeURIComponent(code)}`, { json: { files } });
  const until = Date.parse(ticket.expires_at) - SOON;
  return ticket.files.map((each) => ({
    url: each.url,
    headers: ticket.headers,
    blockBytes: each.block_bytes,
    there: each.there,
    staged: 0,
    unsure: false,
    broken: 0,
    // By a clock that is far wrong a new ticket has ended already: storage tells when it has.
    until: until > Date.now() ? until : Infinity,
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
