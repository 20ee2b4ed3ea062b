// What goes on in an event, asked for again and again: often while something moves, seldom while nothing does.

import { get } from "./api.js";
import { pause } from "./dom.js";
import { uploads } from "./upload.js";

const BUSY = 2_000;
const IDLE = 5_000;
// A report costs the server work that grows with the event: it may take a tenth of its time.
const REPORT_SHARE = 10;

/** Tells `change` when the event's numbers did, and `trouble` when Kanta can't be reached or can be again. */
export class Live extends EventTarget {
  event;
  /** The event in numbers; null until it has come, which takes its time in a large event. */
  report = null;
  /** @type {Error|null} */
  trouble = null;
  #code;
  #signal;
  #nudge = () => {};
  #known = "";
  #reportAfter = 0;
  #reporting = false;

  /** @param {string} code @param {AbortSignal} signal */
  constructor(code, signal) {
    super();
    this.#code = code;
    this.#signal = signal;
    const seen = () => {
      if (!document.hidden) this.#nudge();
    };
    document.addEventListener("visibilitychange", seen, { signal });
    signal.addEventListener("abort", () => this.#nudge());
    let sending = uploads.busy;
    const flipped = () => {
      if (sending !== uploads.busy) this.nudge();
      sending = uploads.busy;
    };
    uploads.addEventListener("change", flipped, { signal });
  }

  /** Look once, so that there is something to show, then go on by itself. */
  async start() {
    await this.#look();
    this.#goOn();
  }

  /** Something was just done: whoever shows the event looks again, whether or not its numbers tell. */
  nudge() {
    this.#reportAfter = 0;
    this.dispatchEvent(new Event("change"));
    this.#nudge();
  }

  get busy() {
    return this.event.pending > 0 || !this.event.people_current || uploads.stirring;
  }

  async #goOn() {
    while (!this.#signal.aborted) {
      const nudged = new Promise((done) => {
        this.#nudge = () => done(undefined);
      });
      const often = this.busy || this.trouble !== null;
      await Promise.race([nudged, document.hidden ? nudged : pause(often ? BUSY : IDLE)]);
      if (!this.#signal.aborted) await this.#tried(() => this.#look());
    }
  }

  async #look() {
    const found = await get("/events", { event_code: this.#code }, this.#signal);
    [this.event] = found.events;
    this.#tell();
    // Not waited for: the event can be shown without it.
    if (performance.now() >= this.#reportAfter && !this.#reporting) this.#tried(() => this.#count());
  }

  async #count() {
    this.#reporting = true;
    const began = performance.now();
    // A nudge meanwhile puts it back to 0: what was done then is not in this report.
    this.#reportAfter = Infinity;
    try {
      this.report = await get(`/reports/${encodeURIComponent(this.#code)}`, {}, this.#signal);
      this.#tell();
    } finally {
      const ended = performance.now();
      if (this.#reportAfter === Infinity) this.#reportAfter = ended + (ended - began) * REPORT_SHARE;
      else this.#nudge();
      this.#reporting = false;
    }
  }

  #tell() {
    const { last_modified: modified, pending, people_current: current } = this.event;
    const known = JSON.stringify([modified, pending, current, this.report]);
    if (known === this.#known) return;
    this.#known = known;
    this.dispatchEvent(new Event("change"));
  }

  async #tried(work) {
    try {
      await work();
      this.#is(null);
    } catch (error) {
      if (!this.#signal.aborted) this.#is(error);
    }
  }

  #is(trouble) {
    if (this.trouble?.message === trouble?.message) return;
    this.trouble = trouble;
    this.dispatchEvent(new Event("trouble"));
  }
}

/**
 * The same work, done again after itself when it is asked for meanwhile: what was read first is never shown last.
 * @param {() => Promise<void>} work
 * @returns {() => Promise<void>} settles once the work is done for everybody who has asked
 */
export function inTurn(work) {
  /** @type {Promise<void>|null} */
  let running = null;
  let again = false;
  async function run() {
    do {
      again = false;
      await work();
    } while (again);
  }
  return () => {
    again = true;
    running ??= run().finally(() => {
      running = null;
    });
    return running;
  };
}
