// One photo on its way to Kanta.

import { Problem, problemOf } from "./api.js";
import { authorisation, refused } from "./credential.js";

// A transfer that moves nothing for so long, the answer's arrival included, is taken for dead.
const STALLED = 90_000;

/**
 * Send a photo. Not fetch: it tells nothing of what has left already.
 * @param {string} code
 * @param {File} file
 * @param {(bytes: number) => void} moved
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether it is new to the event; a Problem when it was not taken
 */
export async function send(code, file, moved, signal) {
  for (;;) {
    const shown = authorisation();
    const { status, text, after } = await post(code, file, shown, moved, signal);
    if (status === 200 || status === 202) return status === 202;
    const problem = problemOf(status, text);
    problem.after = after;
    if (status !== 401) throw problem;
    await refused(shown, problem);
  }
}

function post(code, file, headers, moved, signal) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STALLED);
    };
    const lost = () => failed(new Problem(0, { detail: "The connection was lost." }));
    request.upload.addEventListener("progress", (event) => {
      alive();
      // The form around the photo is a few hundred bytes of it.
      moved(Math.min(event.loaded, file.size));
    });
    request.addEventListener("load", () =>
      done({
        status: request.status,
        text: request.responseText,
        after: Number(request.getResponseHeader("Retry-After")) || 0,
      }),
    );
    request.addEventListener("error", lost);
    request.addEventListener("abort", lost);
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    });
    const stop = () => request.abort();
    signal.addEventListener("abort", stop);
    request.open("POST", `/pics/${encodeURIComponent(code)}`);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    const form = new FormData();
    form.append("image_file", file, file.name);
    alive();
    request.send(form);
  });
}
