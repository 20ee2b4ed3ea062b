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
  report;
  /** @type {Error|null} */
  trouble = null;
  #code;
  #signal;
  #nudge = () => {};
  #known = "";
  #reportAfter = 0;

  /** @param {string} code @param {AbortSignal} signal */
  constructor(code, signal) {
    super();
    this.#code = code;
    this.#signal = signal;
    document.addEventListener(
      "visibilitychange",
      () => {
        if (!document.hidden) this.nudge();
      },
      { signal },
    );
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

  /** Look now: something was just done. */
  nudge() {
    this.#reportAfter = 0;
    this.#nudge();
  }

  get busy() {
    return this.event.pending > 0 || !this.event.people_current || uploads.busy;
  }

  async #goOn() {
    while (!this.#signal.aborted) {
      const nudged = new Promise((done) => {
        this.#nudge = () => done(undefined);
      });
      await Promise.race([nudged, document.hidden ? nudged : pause(this.busy || this.trouble ? BUSY : IDLE)]);
      if (this.#signal.aborted) return;
      try {
        await this.#look();
        this.#is(null);
      } catch (error) {
        if (!this.#signal.aborted) this.#is(error);
      }
    }
  }

  async #look() {
    const {
      events: [event],
    } = await get("/events", { event_code: this.#code }, this.#signal);
    this.event = event;
    const began = performance.now();
    if (began >= this.#reportAfter) {
      this.report = await get(`/reports/${encodeURIComponent(this.#code)}`, {}, this.#signal);
      const ended = performance.now();
      this.#reportAfter = ended + (ended - began) * REPORT_SHARE;
    }
    const known = JSON.stringify([event.last_modified, event.pending, event.people_current, this.report]);
    if (known === this.#known) return;
    this.#known = known;
    this.dispatchEvent(new Event("change"));
  }

  #is(trouble) {
    if (this.trouble?.message === trouble?.message) return;
    this.trouble = trouble;
    this.dispatchEvent(new Event("trouble"));
  }
}
