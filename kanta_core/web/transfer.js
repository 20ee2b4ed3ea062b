// One photo on its way: straight to storage, or through Kanta where storage can't be reached from here.

import { Problem, problemOf } from "./api.js";
import { Lost, carry } from "./carry.js";
import { authorisation, refused } from "./credential.js";
import { expired, placeOf } from "./tickets.js";

// Some networks swallow what they don't let through; it is found out sooner than a stalled transfer.
const FIRST_BYTE = 20_000;
// Others let a photo begin and cut it off: where none has ever arrived, so many times are enough.
const MOST_BROKEN = 2;

/**
 * Whether storage takes photos from here, for as long as the page is open: nobody knows, it has taken one, or it
 * can't be reached where Kanta can.
 * @type {"unknown"|"open"|"shut"}
 */
let straight = "unknown";

/**
 * Send a photo.
 * @param {import("./upload.js").Item} item
 * @param {import("./upload.js").Item[]} items those behind it
 * @param {(bytes: number) => void} moved
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether it had to be sent: false where Kanta had its bytes. A Problem when it was not taken
 */
export async function send(item, items, moved, signal) {
  for (let links = 0; straight !== "shut"; links += 1) {
    const place = await placeOf(item, items);
    if (signal.aborted) throw new Lost(0);
    if (place.there) return false;
    let answer;
    try {
      answer = await (place.blockBytes ? inBlocks : inOne)(place, item.file, moved, signal);
    } catch (error) {
      if (signal.aborted || straight === "open") throw error;
      if (error.left > 0) place.broken += 1;
      if (error.left > 0 && place.broken < MOST_BROKEN) throw error;
      // Whether the connection is gone or only the way to storage, Kanta's answer tells.
      break;
    }
    if (taken(answer, place)) {
      straight = "open";
      return true;
    }
    const problem = problemOf(answer.status, "");
    problem.after = answer.after;
    if (problem.passing || answer.status >= 500) throw problem;
    expired(item, items);
    // A link that is new and refused as well will not get better.
    if (links > 0 || answer.status !== 403) straight = "shut";
  }
  const fresh = await through(item, moved, signal);
  if (straight === "unknown") straight = "shut";
  return fresh;
}

/** Whether storage has the photo now: by this request, or by one before whose answer was lost. */
function taken(answer, place) {
  const code = codeOf(answer);
  return (
    answer.status === 201 ||
    answer.status === 412 ||
    code === "BlobAlreadyExists" ||
    code === "UnauthorizedBlobOverwrite" ||
    // What the emulator calls it, the one storage without encryption. Elsewhere it says that Kanta has lost its right
    // to write there, and nothing of the photo.
    (code === "AuthorizationPermissionMismatch" && place.unsure && place.url.startsWith("http:"))
  );
}

/** Storage's own word for what is wrong. */
const codeOf = ({ text }) => /<Code>(\w+)<\/Code>/.exec(text)?.[1];

/** @param {import("./tickets.js").Place} place */
async function inOne(place, file, moved, signal) {
  const headers = { ...place.headers, "If-None-Match": "*" };
  try {
    return await carry("PUT", place.url, { headers, body: file, moved, signal, patience: patience() });
  } catch (error) {
    place.unsure = true;
    throw error;
  }
}

/** Block by block; those that have arrived stay. @param {import("./tickets.js").Place} place */
async function inBlocks(place, file, moved, signal) {
  const { url, blockBytes } = place;
  const ids = Array.from({ length: Math.ceil(file.size / blockBytes) }, (_, at) =>
    btoa(String(at).padStart(6, "0")),
  );
  while (place.staged < ids.length) {
    const from = place.staged * blockBytes;
    const answer = await carry("PUT", `${url}&comp=block&blockid=${encodeURIComponent(ids[place.staged])}`, {
      headers: {},
      body: file.slice(from, from + blockBytes),
      moved: (bytes) => moved(from + bytes),
      signal,
      patience: patience(),
    });
    if (answer.status !== 201) return answer;
    straight = "open";
    place.staged += 1;
  }
  const list = ids.map((id) => `<Latest>${id}</Latest>`).join("");
  const described = Object.entries(place.headers).filter(([name]) => name.startsWith("x-ms-meta-"));
  const answer = await carry("PUT", `${url}&comp=blocklist`, {
    headers: { ...Object.fromEntries(described), "If-None-Match": "*" },
    body: `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`,
    moved: () => moved(file.size),
    signal,
  });
  if (codeOf(answer) !== "InvalidBlockList") return answer;
  // Blocks that were left alone for long are gone.
  place.staged = 0;
  throw new Problem(503, { detail: "A part of the photo got lost." });
}

const patience = () => (straight === "open" ? undefined : FIRST_BYTE);

/** By the API, which keeps the photo before it answers. */
async function through({ code, file }, moved, signal) {
  const body = new FormData();
  body.append("image_file", file, file.name);
  for (;;) {
    const shown = authorisation();
    const { status, text, after } = await carry("POST", `/pics/${encodeURIComponent(code)}`, {
      headers: shown,
      body,
      // The form around the photo is a few hundred bytes of it.
      moved: (bytes) => moved(Math.min(bytes, file.size)),
      signal,
    });
    if (status === 200 || status === 202) return status === 202;
    const problem = problemOf(status, text);
    problem.after = after;
    if (status !== 401) throw problem;
    await refused(shown, problem);
  }
}
