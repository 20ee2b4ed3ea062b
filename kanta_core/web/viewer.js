// One photo at its full size: turned by keys and swipes, saved, and out of memory when it is left.

import { bytes } from "./api.js";
import { showDialog } from "./dialogs.js";
import { h, say, set } from "./dom.js";
import { complain } from "./notices.js";
import { time } from "./words.js";

// How far a finger moves before it turns the page, in pixels.
const SWIPE = 48;
const KEYS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const EXTENSIONS = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp" };

// How near the end of what is listed more is asked for.
const AHEAD = 5;

/**
 * Show the photo at a place of the rows that are listed, and its neighbours on request.
 * @param {{rows: import("./grid.js").Row[], at: number, total: number, more: () => Promise<void>, code: string,
 *   token: string}} given
 * @returns {Promise<number>} the place of the photo that was shown last
 */
export async function showLarge({ rows, at, total, more, code, token }) {
  let here = at;
  let left = new AbortController();
  let url = "";
  const image = h("img", { alt: "" });
  const place = h("p", { role: "status" });
  const save = h("a", { class: "button", "aria-disabled": "true" }, "Save");
  const previous = turner("‹", "Previous photo", -1);
  const following = turner("›", "Next photo", 1);

  function turner(sign, label, step) {
    return h(
      "button",
      { type: "button", class: "turn", "aria-label": label, onclick: () => turn(step) },
      sign,
    );
  }

  function turn(step) {
    const there = Math.min(Math.max(here + step, 0), rows.length - 1);
    if (there === here) return;
    here = there;
    if (here + AHEAD > rows.length) more().then(ends, complain);
    show();
  }

  function ends() {
    previous.disabled = here === 0;
    following.disabled = here === rows.length - 1;
  }

  function drop() {
    left.abort();
    left = new AbortController();
    if (url) URL.revokeObjectURL(url);
    url = "";
    set(save, "href", null);
    set(save, "aria-disabled", "true");
  }

  async function show() {
    drop();
    const { signal } = left;
    const row = rows[here];
    const taken = row.taken_at ? `, taken ${time(row.taken_at)}` : "";
    say(place, `Photo ${here + 1} of ${Math.max(total, rows.length)}${taken}`);
    ends();
    set(image, "width", row.width);
    set(image, "height", row.height);
    set(image, "alt", place.textContent);
    image.src = row.thumbnail_url;
    try {
      const photo = await bytes(`/me/pics/${row.uuid}/photo`, { as: token, signal });
      if (signal.aborted) return;
      url = URL.createObjectURL(photo);
      set(save, "href", url);
      set(save, "download", `${code}-${row.uuid.slice(0, 8)}.${EXTENSIONS[photo.type] ?? "jpg"}`);
      set(save, "aria-disabled", null);
      image.src = url;
    } catch (error) {
      if (!signal.aborted) {
        say(place, error.message);
        if (error.status === 401) complain(error);
      }
    }
  }

  await showDialog(
    "Photo",
    (close) => {
      const body = h(
        "div",
        { class: "large-photo" },
        h("div", { class: "stage" }, image),
        h(
          "div",
          { class: "row" },
          place,
          previous,
          following,
          save,
          h("button", { type: "button", class: "primary", onclick: () => close(undefined) }, "Close"),
        ),
      );
      body.addEventListener("keydown", (event) => {
        if (event.key in KEYS) turn(KEYS[event.key]);
      });
      swiped(body.firstElementChild, turn);
      show();
      return [body];
    },
    "viewer",
  );
  drop();
  return here;
}

/** Tell of a finger that moved to the side, and not of one that zooms or scrolls. */
function swiped(stage, turn) {
  let from = null;
  stage.addEventListener("pointerdown", (event) => {
    from = event.isPrimary ? event : null;
  });
  stage.addEventListener("pointerup", (event) => {
    if (!from || !event.isPrimary) return;
    const [across, down] = [event.clientX - from.clientX, event.clientY - from.clientY];
    from = null;
    if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) turn(across < 0 ? 1 : -1);
  });
  stage.addEventListener("pointercancel", () => {
    from = null;
  });
}
