// Kanta's API: JSON in, JSON out, and every failure a Problem.

import { authorisation, bearer, refused } from "./credential.js";

const TIMEOUT = 60_000;

/** What went wrong, in a sentence for people. `status` is 0 when nobody answered; `document` is the problem document. */
export class Problem extends Error {
  /** How many seconds to wait before another try, where Kanta says so. */
  after = 0;

  constructor(status, document) {
    super(document.detail ?? document.title ?? "Something went wrong.");
    this.status = status;
    this.document = document;
  }

  /** Which problem it is: the stable end of its type. */
  get kind() {
    return String(this.document.type ?? "").replace("urn:kanta:problem:", "");
  }

  /** Whether it may be over in a moment. */
  get passing() {
    return [0, 408, 429, 502, 503, 504].includes(this.status);
  }
}

/** The problem that a body is about; gateways between here and Kanta may answer with anything. */
export function problemOf(status, text) {
  try {
    const document = JSON.parse(text);
    if (document && typeof document === "object") return new Problem(status, document);
  } catch {
    /* not JSON: then the status has to do */
  }
  return new Problem(status, { detail: status ? `Kanta answered ${status}.` : "Kanta can’t be reached." });
}

/**
 * What a request is made of: `as` is a token to show instead of the page's own credential.
 * @typedef {{query?: Record<string, unknown>, json?: unknown, body?: BodyInit, signal?: AbortSignal, as?: string}} Options
 */

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>} what was answered, null when that is nothing
 */
export async function call(method, path, options) {
  const text = await answer(method, path, options, (response) => response.text());
  return text ? JSON.parse(text) : null;
}

/** @param {string} path @param {Record<string, unknown>} [query] @param {AbortSignal} [signal] */
export const get = (path, query, signal) => call("GET", path, { query, signal });

/** The bytes of what is not JSON. @param {string} path @param {Options} [options] @returns {Promise<Blob>} */
export const bytes = (path, options) => answer("GET", path, options, (response) => response.blob());

async function answer(method, path, { query = {}, json, body, signal, as } = {}, read) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value != null) for (const each of [value].flat()) parameters.append(name, String(each));
  }
  const address = parameters.size ? `${path}?${parameters}` : path;
  for (;;) {
    const shown = as ? bearer(as) : authorisation();
    const headers = json === undefined ? shown : { ...shown, "Content-Type": "application/json" };
    const timeout = AbortSignal.timeout(TIMEOUT);
    let response;
    let text;
    try {
      response = await fetch(address, {
        method,
        headers,
        body: json === undefined ? body : JSON.stringify(json),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        cache: "no-store",
        credentials: "omit",
      });
      if (response.ok) return await read(response);
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Problem(0, {
        detail: timeout.aborted ? "Kanta did not answer within a minute." : "Kanta can’t be reached.",
      });
    }
    const problem = problemOf(response.status, text);
    problem.after = Number(response.headers.get("Retry-After")) || 0;
    if (response.status !== 401 || as) throw problem;
    await refused(shown, problem);
  }
}
