// One request that carries a photo, or a part of one.

import { Problem } from "./api.js";

// A transfer that moves nothing for so long, the answer's arrival included, is taken for dead.
const STALLED = 90_000;

/**
 * What a request is made of. `moved` is told how many bytes have left; `patience` is how many milliseconds may pass
 * before the first of them does.
 * @typedef {{headers: Record<string, string>, body: XMLHttpRequestBodyInit, moved: (bytes: number) => void,
 *   signal: AbortSignal, patience?: number}} Cargo
 */

/** Nobody answered. `left` is how many bytes were on their way by then. */
export class Lost extends Problem {
  constructor(left) {
    super(0, { detail: "The connection was lost." });
    this.left = left;
  }
}

/**
 * Send a body. Not fetch: it tells nothing of what has left already.
 * @param {string} method
 * @param {string} url
 * @param {Cargo} cargo
 * @returns {Promise<{status: number, text: string, after: number}>} the answer, whichever; Lost where there is none
 */
export function carry(method, url, { headers, body, moved, signal, patience = STALLED }) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    let left = 0;
    const wait = (time) => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), time);
    };
    const lost = () => failed(new Lost(left));
    request.upload.addEventListener("progress", (event) => {
      wait(STALLED);
      left = event.loaded;
      moved(left);
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
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    wait(patience);
    request.send(body);
  });
}
