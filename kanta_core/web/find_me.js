// Finding oneself: the guest agrees, shows a photo, and gets a link to the photos with the same face.

import { Problem, call } from "./api.js";
import { addPhotos, leave } from "./below.js";
import { keep, keptOf } from "./device.js";
import { fill, h, say } from "./dom.js";
import { complain, tell } from "./notices.js";
import { cutOut, shrunk } from "./selfie.js";
import { free, preview } from "./shown_photo.js";
import { count } from "./words.js";

const PHOTOS = "image/*,.heic,.heif,.avif";

/**
 * What a part of the guest's page is shown with; `again` shows the page anew when more is known.
 * @typedef {{panel: HTMLElement, guest: import("./join.js").Guest, signal: AbortSignal, again: () => void}} Part
 */

/** @param {Part} its */
export function showFindMe(its) {
  const { panel, guest } = its;
  const { me } = guest;
  if (!me.may.search) {
    fill(panel, guest.upload && addPhotos(its), leave(its));
    return;
  }
  /** @type {Blob|null} */
  let photo = null;
  const agreed = h("input", { type: "checkbox", id: "agreed", onchange: () => refresh() });
  const shown = h("div", { class: "shown", hidden: true });
  const trouble = h("div", { role: "alert" });
  const state = h("p", { class: "hint", id: "find-state", role: "status" });
  const find = h(
    "button",
    { type: "button", class: "primary wide", "aria-describedby": "find-state", onclick: () => send(photo) },
    "Find my photos",
  );
  let busy = false;

  function refresh() {
    find.disabled = busy || !agreed.checked || !photo;
    say(
      state,
      busy
        ? "Looking for you …"
        : !agreed.checked
          ? "First say that you agree."
          : photo
            ? ""
            : "Now take or choose a photo of yourself.",
    );
  }

  async function take(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    trouble.replaceChildren();
    photo = await shrunk(file);
    preview(shown, photo, []);
    refresh();
    find.focus();
  }

  /** @param {Blob} given */
  async function send(given) {
    busy = true;
    refresh();
    trouble.replaceChildren();
    try {
      const body = new FormData();
      body.append("image", given, "selfie");
      body.append("consent", me.consent.version);
      const link = await call("POST", "/guest-links", {
        query: { event_code: guest.code },
        body,
        signal: its.signal,
        as: guest.invitation,
      });
      keep({ ...keptOf(guest.code), guest: link.token });
      tell(`You are in ${count(link.photos, "photo")}.`);
      its.again();
    } catch (error) {
      if (its.signal.aborted) return;
      refused(error, given);
    } finally {
      busy = false;
      refresh();
    }
  }

  function refused(error, given) {
    const faces = error.document?.faces;
    if (!(error instanceof Problem)) throw error;
    if (error.status === 401 || error.kind === "consent-missing") {
      // The link has ended meanwhile, or another text is to be agreed to.
      complain(error);
      its.again();
    } else if (error.kind === "several-faces" && faces) {
      fill(
        trouble,
        h(
          "p",
          { class: "why" },
          "There are several people in this photo. Tap your face, or choose another photo.",
        ),
      );
      const boxes = faces.map((face) => face.bbox).sort((one, other) => one.x - other.x);
      photo = null;
      preview(shown, given, boxes, (which) => cutOut(given, boxes, which).then(chosen));
    } else {
      const again = error.after > 1 ? ` Try again in ${count(error.after, "second")}.` : "";
      fill(trouble, h("p", { class: "why" }, `${sentence(error)}${again}`));
    }
  }

  function chosen(face) {
    if (!face) {
      fill(
        trouble,
        h("p", { class: "why" }, "This browser can’t cut the photo. Choose one of yourself alone."),
      );
      return;
    }
    photo = face;
    preview(shown, face, []);
    if (agreed.checked) send(face);
    else refresh();
  }

  fill(
    panel,
    h(
      "section",
      { class: "card find", "aria-labelledby": "find-title" },
      h("h2", { id: "find-title", tabindex: -1 }, "Find my photos"),
      h("p", {}, "Show your face, and see the photos you are in."),
      h("label", { class: "agree", for: "agreed" }, agreed, h("span", {}, me.consent.text)),
      h(
        "p",
        { class: "hint" },
        "The photo you show serves this one search. Neither it nor what is measured in it is stored.",
      ),
      h(
        "div",
        { class: "actions" },
        chooser("Take a selfie", { accept: "image/*", capture: "user" }, take),
        chooser("Choose a photo", { accept: PHOTOS }, take),
      ),
      shown,
      trouble,
      find,
      state,
    ),
    guest.upload && addPhotos(its),
    leave(its),
  );
  its.signal.addEventListener("abort", () => free(shown));
  refresh();
}

function chooser(label, props, take) {
  const input = h("input", { type: "file", class: "spoken", ...props, onchange: () => take(input) });
  return h("label", { class: "button" }, label, input);
}

const SENTENCES = {
  "no-face": "No face was found in this photo. Take one in good light that shows your face from the front.",
  "nobody-found":
    "Nobody in this event’s photos is surely you. Try another photo of yourself, or come back when more photos are here.",
};

function sentence(error) {
  return SENTENCES[error.kind] ?? error.message;
}
