// What is asked for as one file, and is made meanwhile.

import { call } from "./api.js";
import { pause } from "./dom.js";

const LOOK_AGAIN = 1_500;

/**
 * Ask for an export and wait until it is there.
 * @param {string} path where exports are asked for
 * @param {{json?: unknown, as?: string, signal?: AbortSignal}} given
 * @param {(its: any) => void} told of each look
 * @returns {Promise<any>} the export, ready, with its short-lived `url`
 */
export async function made(path, { json = {}, as, signal }, told) {
  let its = await call("POST", path, { json, as, signal });
  while (its.status === "pending") {
    told(its);
    await pause(LOOK_AGAIN);
    signal?.throwIfAborted();
    its = await call("GET", `${path}/${its.id}`, { as, signal });
  }
  if (its.status !== "ready") throw new Error("The file could not be made. Try again in a while.");
  return its;
}
