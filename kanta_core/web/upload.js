// The queue of photos to upload: four at a time, stopped and taken up again at will, patient with the connection.

import { Problem } from "./api.js";
import { kept } from "./tickets.js";
import { send } from "./transfer.js";

const AT_ONCE = 4;
const LONGEST_WAIT = 30_000;
// An answer of 500 is worth another try, but not for ever.
const MOST_TRIES = 4;
// How long storage takes to tell of a new photo, at most.
const UNSEEN = 30_000;

/**
 * @typedef {"waiting"|"sending"|"sent"|"there"|"refused"|"failed"} State
 * `sent` is what storage or Kanta has taken; Kanta had the bytes of what is `there` before, and need not be sent them.
 * @typedef {{code: string, file: File, state: State, moved: number, why: string, tries: number}} Item
 */

export class Uploads extends EventTarget {
  /** @type {Item[]} */
  items = [];
  paused = false;
  /** When the next try is made after the connection was lost, in performance.now()'s time; null while all is well. */
  nextTry = null;
  /** Why it was lost, in a sentence. */
  trouble = "";
  #failures = 0;
  #lastSent = -Infinity;
  #timer = 0;
  #stop = new AbortController();

  /** @param {string} code @param {File[]} files */
  add(code, files) {
    if (!this.busy) this.items = this.items.filter((item) => item.state === "failed");
    this.items.push(
      ...files.map((file) => ({
        code,
        file,
        state: /** @type {State} */ ("waiting"),
        moved: 0,
        why: "",
        tries: 0,
      })),
    );
    this.#work();
  }

  /** Whether there is anything left to send. */
  get busy() {
    return this.items.some((item) => item.state === "waiting" || item.state === "sending");
  }

  /** Whether photos may be on their way from storage to Kanta: it sees them some seconds after they were sent. */
  get stirring() {
    return this.busy || performance.now() < this.#lastSent + UNSEEN;
  }

  /** @param {State} state */
  in(state) {
    return this.items.filter((item) => item.state === state);
  }

  /** Bytes that have arrived or are on their way, and all there are to send. */
  get bytes() {
    const done = (item) => (["waiting", "sending"].includes(item.state) ? item.moved : item.file.size);
    return {
      moved: this.items.reduce((sum, item) => sum + done(item), 0),
      all: this.items.reduce((sum, item) => sum + item.file.size, 0),
    };
  }

  /** Stop; what is half-way goes on later, from its last whole block, and is known if it had arrived after all. */
  pause() {
    this.paused = true;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#changed();
  }

  /** Go on, at once, whatever the connection did before. */
  resume() {
    this.paused = false;
    this.#wake();
  }

  retryFailed() {
    for (const item of this.in("failed")) Object.assign(item, { state: "waiting", why: "", tries: 0 });
    this.resume();
  }

  /** Forget what is finished. */
  clear() {
    this.items = this.items.filter((item) => item.state === "waiting" || item.state === "sending");
    this.#changed();
  }

  #wake() {
    clearTimeout(this.#timer);
    this.nextTry = null;
    this.#work();
  }

  #work() {
    if (!this.paused && this.nextTry === null) {
      let free = AT_ONCE - this.in("sending").length;
      for (const item of this.items) {
        if (free <= 0) break;
        if (item.state !== "waiting") continue;
        free -= 1;
        this.#send(item);
      }
    }
    this.#changed();
  }

  /** @param {Item} item */
  async #send(item) {
    item.state = "sending";
    const { signal } = this.#stop;
    try {
      const fresh = await send(
        item,
        this.items,
        (bytes) => {
          item.moved = bytes;
          this.#changed();
        },
        signal,
      );
      item.state = fresh ? "sent" : "there";
      this.#failures = 0;
      this.#lastSent = performance.now();
    } catch (error) {
      item.moved = kept(item);
      await this.#failed(item, error, signal.aborted);
    }
    this.#work();
  }

  /** @param {Item} item @param {unknown} error @param {boolean} stopped */
  async #failed(item, error, stopped) {
    if (!(error instanceof Problem)) throw error;
    item.why = error.message;
    if (stopped) {
      item.state = "waiting";
    } else if (!(await readable(item.file))) {
      Object.assign(item, {
        state: "failed",
        why: "The file can’t be read any more: it was moved or changed.",
      });
    } else if (error.passing) {
      item.state = "waiting";
      this.#backOff(error);
    } else if (error.status >= 500) {
      item.tries += 1;
      item.state = item.tries < MOST_TRIES ? "waiting" : "failed";
      if (item.state === "waiting") this.#backOff(error);
    } else {
      item.state = "refused";
    }
  }

  /** Four that fail together are one failure; each failure in a row doubles the wait. */
  #backOff(error) {
    if (this.nextTry !== null) return;
    const wait = Math.max(
      Math.min(1_000 * 2 ** this.#failures, LONGEST_WAIT) * (0.75 + Math.random() / 2),
      error.after * 1_000 || 0,
    );
    this.#failures += 1;
    this.trouble = error.message;
    this.nextTry = performance.now() + wait;
    this.#timer = setTimeout(() => this.#wake(), wait);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** A file that is gone fails like a lost connection; only reading it tells. */
async function readable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** All uploads of this page, for whichever event: leaving a view does not stop them. */
export const uploads = new Uploads();
addEventListener("online", () => {
  if (uploads.nextTry !== null && !uploads.paused) uploads.resume();
});
addEventListener("beforeunload", (event) => {
  if (uploads.busy) event.preventDefault();
});
