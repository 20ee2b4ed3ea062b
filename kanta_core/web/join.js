// The guest's page: which event it is about, who is asking, and which part of it is shown.

import { call } from "./api.js";
import { bearer, present } from "./credential.js";
import { forget, keep, kept, keptOf } from "./device.js";
import { fill, h } from "./dom.js";
import { showFindMe } from "./find_me.js";
import { complain } from "./notices.js";
import { eventName, when } from "./words.js";

/**
 * A guest at an event. `invitation` and `token` are what was handed out: the one by the organiser, the other to whoever
 * was found; `me` is what Kanta answers to the better of them.
 * @typedef {{code: string, invitation?: string, upload: boolean, token?: string, me: any}} Guest
 */

const view = document.getElementById("view");
let leaving = new AbortController();
/** @type {Guest|null} */
let guest = null;
let first = true;

// What has no token of its own, the uploads, goes by the invitation.
present({
  header: () => (guest?.invitation ? bearer(guest.invitation) : guest?.token ? bearer(guest.token) : {}),
  refused: (_, problem) => Promise.reject(problem),
});

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  try {
    const arrived = takeToken();
    const opened = arrived ? await met(arrived, signal) : await known(signal);
    if (signal.aborted) return;
    if (!opened) {
      nothing();
      return;
    }
    guest = opened;
    await part(signal);
    // Who hears the page is told what is new on it.
    if (!first && !signal.aborted) view.querySelector("h2[tabindex]")?.focus();
    first = false;
  } catch (error) {
    if (signal.aborted) return;
    failed(error);
  }
}

/** The token of the link, out of the address at once, so that nobody reads it there later. */
function takeToken() {
  const fragment = location.hash.slice(1);
  if (!fragment || fragment.startsWith("/")) return null;
  history.replaceState(null, "", location.pathname);
  return fragment;
}

/** Whoever comes with a link. Who was found at this event before need not be found again. */
async function met(token, signal) {
  const me = await call("GET", "/me", { as: token, signal });
  const { code } = me.event;
  const its = keptOf(code) ?? { code };
  const brought = me.photos === null ? { invitation: token, upload: me.may.upload } : { guest: token };
  keep({ ...its, name: eventName(me.event), ...brought });
  history.replaceState(null, "", `#/${code}`);
  return open(code, me.photos !== null || !its.guest ? me : null, signal);
}

/** Whoever has been here before, at the event that the address names, or at the last one. */
async function known(signal) {
  const code = decodeURIComponent(location.hash.slice(2).split("/")[0]) || kept()[0]?.code;
  if (!code || !keptOf(code)) return null;
  try {
    return await open(code, null, signal);
  } catch (error) {
    if (error.status === 401) forget(code);
    throw error;
  }
}

/** @returns {Promise<Guest>} */
async function open(code, me, signal) {
  const { guest: token, invitation, upload = false } = keptOf(code);
  if (me === null) {
    try {
      me = await call("GET", "/me", { as: token ?? invitation, signal });
    } catch (error) {
      if (error.status !== 401 || !token || !invitation) throw error;
      // The guest's link has ended, the invitation may be good still.
      keep({ ...keptOf(code), guest: undefined });
      return open(code, null, signal);
    }
  }
  return { code: me.event.code, invitation, upload, token: me.photos === null ? undefined : token, me };
}

async function part(signal) {
  const { me, token } = guest;
  const everyone = me.guests_see === "everything";
  const whose = everyone && location.hash.endsWith("/everyone") ? "everyone" : "own";
  document.title = `${eventName(me.event)} – Kanta`;
  const panel = h("div", { class: "panel" });
  const link = (its, label, ending) =>
    h("a", { href: `#/${guest.code}${ending}`, "aria-current": whose === its && "page" }, label);
  fill(
    view,
    header(me.event),
    everyone &&
      h(
        "nav",
        { class: "tabs", "aria-label": "Which photos" },
        link("own", "My photos", ""),
        link("everyone", "All photos", "/everyone"),
      ),
    panel,
  );
  const its = { panel, guest, signal, again: show };
  if (whose === "own" && !token) {
    showFindMe(its);
  } else {
    const { showGallery } = await import("./my_photos.js");
    if (signal.aborted) return;
    try {
      await showGallery({ ...its, whose });
    } catch (error) {
      if (error.status !== 403 || whose === "own") throw error;
      // Guests see themselves only, from this moment on.
      location.hash = `#/${guest.code}`;
    }
  }
}

function header(event) {
  return h(
    "header",
    { class: "invited" },
    event.event_image_url && h("img", { src: event.event_image_url, alt: "", width: 96, height: 96 }),
    h(
      "div",
      {},
      h("h1", { tabindex: -1 }, eventName(event)),
      event.start_date_time && h("p", { class: "quiet" }, when(event.start_date_time, event.end_date_time)),
      event.description && h("p", {}, event.description),
    ),
  );
}

/** Neither a link nor anything kept. */
function nothing() {
  guest = null;
  kindly(
    "Find your photos",
    "Open the link or scan the code that the organiser of the event gave you. It leads here, and to the photos you are in.",
  );
}

function failed(error) {
  guest = null;
  // Where access is open, what is no token at all is the organiser's word, who is no guest.
  if ([401, 403].includes(error.status)) {
    kindly(
      "This link has ended",
      "It has expired, or the organiser has made a new one. Ask the organiser for the link of the event: with it you find your photos again.",
    );
  } else {
    complain(error);
    kindly("That did not work", error.message, h("button", { type: "button", onclick: show }, "Try again"));
  }
}

/** A page with a sentence on it, and the other events that this device knows. */
function kindly(title, text, action) {
  document.title = `${title} – Kanta`;
  fill(
    view,
    h(
      "section",
      { class: "card kindly" },
      h("h1", { tabindex: -1 }, title),
      h("p", {}, text),
      action,
      kept().length > 0 && h("h2", {}, "Events on this device"),
      h(
        "ul",
        {},
        ...kept().map((each) =>
          h("li", {}, h("a", { href: `#/${encodeURIComponent(each.code)}` }, each.name)),
        ),
      ),
    ),
  );
  view.querySelector("h1").focus();
}

document.querySelector("[data-skip]").addEventListener("click", (event) => {
  event.preventDefault();
  view.focus();
});
addEventListener("hashchange", show);
show();
